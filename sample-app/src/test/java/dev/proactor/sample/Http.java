package dev.proactor.sample;

import java.time.Duration;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** Asks an application on this machine, and does not wait for ever. */
final class Http {

    private Http() {}

    static RestClient.Builder builder(int port) {
        JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory();
        requests.setReadTimeout(Duration.ofSeconds(30));
        return RestClient.builder().baseUrl("http://localhost:" + port).requestFactory(requests);
    }

    static RestClient at(int port) {
        return builder(port).build();
    }
}
