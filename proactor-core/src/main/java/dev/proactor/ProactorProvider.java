package dev.proactor;

/** Makes proactors for {@link ProactorBuilder}, which finds it as a service. Not for applications. */
public interface ProactorProvider {

    /**
     * The settings of a proactor.
     *
     * @param containerId the container id of connections that have none of their own
     * @param resolver who looks up host names
     * @param durations who is told how long things took
     */
    record Settings(String containerId, HostResolver resolver, DurationListener durations) {}

    /**
     * Makes a proactor.
     *
     * @param settings its settings
     * @return the proactor
     */
    Proactor create(Settings settings);
}
