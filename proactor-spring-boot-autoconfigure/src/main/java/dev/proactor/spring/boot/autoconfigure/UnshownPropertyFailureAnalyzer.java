package dev.proactor.spring.boot.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which property is wrong, and not its value. */
final class UnshownPropertyFailureAnalyzer extends AbstractFailureAnalyzer<UnshownPropertyException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnshownPropertyException cause) {
        return new FailureAnalysis(cause.description() + ".", cause.remedy(), cause);
    }
}
