package com.example.shop;

import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Shop {

    private final ProactorTemplate template;
    private final Orders orders;
    private final String queue;

    Shop(ProactorTemplate template, Orders orders, @Value("${shop.queue}") String queue) {
        this.template = template;
        this.orders = orders;
        this.queue = queue;
    }

    @PostMapping("/orders")
    String place(@RequestBody Order order) {
        return template.sendAndWait(queue, order).getType() + "\n"; // what the receiver made of it
    }

    @GetMapping("/orders")
    List<Order> taken() {
        return orders.taken();
    }
}
