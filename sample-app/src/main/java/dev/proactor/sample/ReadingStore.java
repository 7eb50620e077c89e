package dev.proactor.sample;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The readings, in the database. */
@Repository
class ReadingStore {

    /** What is known of a device's readings. */
    record Summary(String device, long readings, double lastValue, Instant lastAt) {}

    private final JdbcClient jdbc;

    ReadingStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    void add(String device, double value, @Nullable String unit, Instant at) {
        jdbc.sql("insert into reading (device, reading, unit, at) values (:device, :reading, :unit, :at)")
                .param("device", device)
                .param("reading", value)
                .param("unit", unit)
                .param("at", Timestamp.from(at))
                .update();
    }

    long count(String device) {
        return jdbc.sql("select count(*) from reading where device = :device")
                .param("device", device)
                .query(Long.class)
                .single();
    }

    /** {@return a summary of each device that ever sent a reading} */
    List<Summary> summaries() {
        return jdbc.sql("""
                        select r.device, r.reading, r.at, s.readings
                        from reading r
                        join (select device, max(id) as last, count(*) as readings from reading group by device) s
                          on r.id = s.last
                        """)
                .query((row, number) -> new Summary(
                        row.getString("device"),
                        row.getLong("readings"),
                        row.getDouble("reading"),
                        row.getTimestamp("at").toInstant()))
                .list();
    }
}
