package dev.proactor.spring.boot.internal.convert;

public interface JsonConversion {}
