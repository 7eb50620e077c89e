package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The proactor's meters, as Prometheus sees them.
 *
 * @param samples the lines
 * @param kinds by the name that a TYPE line has
 */
record Scrape(List<Sample> samples, Map<String, String> kinds) {

    private static final Pattern SAMPLE = Pattern.compile("(proactor_[a-z_]+)(\\{.*})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    /** One line. */
    record Sample(String name, Map<String, String> tags, double value) {

        /** {@return the meter that it is of} */
        String meter() {
            return meterOf(name);
        }

        private boolean has(Map<String, String> wanted) {
            return tags.entrySet().containsAll(wanted.entrySet());
        }
    }

    /** {@return what an application tells} */
    static Scrape of(int port) {
        String text = Http.at(port).get().uri("/actuator/prometheus").retrieve().body(String.class);
        List<Sample> samples = new ArrayList<>();
        Map<String, String> kinds = new TreeMap<>();
        for (String line : String.valueOf(text).split("\n")) {
            String[] words = line.split(" ");
            if (line.startsWith("# TYPE proactor_")) {
                kinds.put(words[2], words[3]);
            }
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches()) {
                Map<String, String> tags = new TreeMap<>();
                Matcher label = LABEL.matcher(String.valueOf(sample.group(2)));
                while (label.find()) {
                    tags.put(label.group(1), label.group(2));
                }
                samples.add(new Sample(sample.group(1), tags, Double.parseDouble(sample.group(3))));
            }
        }
        return new Scrape(samples, kinds);
    }

    /** {@return the meter that a sample or a TYPE line is of} */
    static String meterOf(String name) {
        return name.replaceAll("_(total|count|sum|max)$", "");
    }

    /** {@return the sum of the samples of a name that have these tags, as in {@code name=ingress role=server}} */
    double value(String name, String tags) {
        Map<String, String> wanted = new TreeMap<>();
        for (String tag : tags.split(" ")) {
            wanted.put(tag.substring(0, tag.indexOf('=')), tag.substring(tag.indexOf('=') + 1));
        }
        return sum(name, wanted);
    }

    double value(String name) {
        return sum(name, Map.of());
    }

    private double sum(String name, Map<String, String> wanted) {
        List<Sample> found = samples.stream()
                .filter(sample -> sample.name.equals(name) && sample.has(wanted))
                .toList();
        assertThat(found).as("%s %s", name, wanted).isNotEmpty();
        return found.stream().mapToDouble(Sample::value).sum();
    }

    void expect(double value, String name, String tags) {
        assertThat(value(name, tags)).as("%s %s", name, tags).isEqualTo(value);
    }

    void expect(double value, String name) {
        assertThat(value(name)).as(name).isEqualTo(value);
    }
}
