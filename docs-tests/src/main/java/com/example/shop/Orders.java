package com.example.shop;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

@ProactorHandler(addresses = "${shop.queue}")
class Orders {

    private final List<Order> taken = new CopyOnWriteArrayList<>();

    @OnMessage
    void order(@Body Order order) {
        taken.add(order); // when this returns, the message is accepted
    }

    List<Order> taken() {
        return List.copyOf(taken);
    }
}
