package dev.proactor.spring.boot.autoconfigure;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Beans for named things. */
final class Beans {

    private Beans() {}

    /**
     * {@return the bean for a connection or listener: the one that has its name, else the sole one, else {@code null}}
     *
     * @param <T> the type of bean
     * @param name the name of a connection or listener
     * @param beans all of the type, by their names
     */
    static <T> @Nullable T of(String name, Map<String, T> beans) {
        T own = beans.get(name);
        return own != null || beans.size() != 1
                ? own
                : beans.values().iterator().next();
    }

    /** {@return whether there are several, and none is for a connection or listener of that name} Perhaps one should be, and was given another name. */
    static boolean isAmbiguous(String name, Map<String, ?> beans) {
        return beans.size() > 1 && !beans.containsKey(name);
    }
}
