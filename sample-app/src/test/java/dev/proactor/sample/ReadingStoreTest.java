package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.context.annotation.Import;

@JdbcTest
@Import(ReadingStore.class)
class ReadingStoreTest {

    @Autowired
    ReadingStore store;

    @Test
    void countsAndSumsUpByDevice() {
        store.add("a", 1, "C", Instant.ofEpochSecond(1));
        store.add("b", 2, null, Instant.ofEpochSecond(2));
        store.add("a", 3, null, Instant.ofEpochSecond(3));

        assertThat(store.count("a")).isEqualTo(2);
        assertThat(store.count("nobody")).isZero();
        assertThat(store.summaries())
                .containsExactlyInAnyOrder(
                        new ReadingStore.Summary("a", 2, 3, Instant.ofEpochSecond(3)),
                        new ReadingStore.Summary("b", 1, 2, Instant.ofEpochSecond(2)));
    }
}
