package dev.proactor.spring.boot.internal.convert;

public class JacksonConversion implements JsonConversion {
    public JacksonConversion(tools.jackson.databind.json.JsonMapper m) {}
}
