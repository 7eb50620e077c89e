package dev.proactor;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullMarked;

/** Holds the layers of the core: which package may use which. */
@AnalyzeClasses(packages = "dev.proactor", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String API = "dev.proactor";
    private static final String SECURITY = "dev.proactor.security";
    private static final String INTERNAL = "dev.proactor.internal";

    @ArchTest
    static final ArchRule packages_have_no_cycles =
            slices().assignedFrom(new EachPackage()).should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule the_api_knows_nothing_of_its_implementation = classes()
            .that()
            .resideInAnyPackage(API, SECURITY)
            .should(useOnlyOurs(API, SECURITY))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule schedule_uses_only_the_api = layer("schedule");

    @ArchTest
    static final ArchRule transport_uses_only_the_api = layer("transport");

    @ArchTest
    static final ArchRule counts_use_only_the_api = layer("counts");

    @ArchTest
    static final ArchRule engine_uses_only_counts = layer("engine", "counts");

    @ArchTest
    static final ArchRule poll_uses_only_schedule = layer("poll", "schedule");

    @ArchTest
    static final ArchRule task_is_the_only_package_that_uses_all_others =
            layer("task", "schedule", "poll", "engine", "transport", "counts");

    @ArchTest
    static final ArchRule every_internal_package_is_a_known_layer = noClasses()
            .that()
            .resideInAPackage(INTERNAL + "..")
            .should()
            .resideOutsideOfPackages(
                    internal("schedule"),
                    internal("poll"),
                    internal("task"),
                    internal("engine"),
                    internal("transport"),
                    internal("counts"))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule only_the_engine_package_imports_proton_implementation_classes = noClasses()
            .that()
            .resideOutsideOfPackage(internal("engine"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.qpid.proton.engine.impl..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule the_core_logs_through_the_system_logger_alone = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.util.logging..", "org.slf4j..", "org.apache.logging..", "org.apache.commons.logging..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule the_core_prints_nothing = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.allowEmptyShould(true);

    @ArchTest
    static final ArchRule every_package_is_null_marked =
            classes().should(new ResideInANullMarkedPackage()).allowEmptyShould(true);

    /** The classes of one internal package use, of ours, the API, themselves and the packages named. */
    private static ArchRule layer(String name, String... mayUse) {
        List<String> allowed = new ArrayList<>(List.of(API, SECURITY, internal(name)));
        for (String used : mayUse) {
            allowed.add(internal(used));
        }
        return classes()
                .that()
                .resideInAPackage(internal(name))
                .should(useOnlyOurs(allowed.toArray(String[]::new)))
                .allowEmptyShould(true);
    }

    private static ArchCondition<JavaClass> useOnlyOurs(String... packages) {
        return never(dependOnClassesThat(resideInAPackage(API + "..").and(not(resideInAnyPackage(packages)))))
                .as("use, of our own packages, only %s", String.join(", ", packages));
    }

    private static String internal(String name) {
        return INTERNAL + "." + name;
    }

    /** Each package is a slice of its own, so {@code a} and {@code a.b} may not use one another. */
    private static final class EachPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            return SliceIdentifier.of(javaClass.getPackageName());
        }

        @Override
        public String getDescription() {
            return "each package";
        }
    }

    private static final class ResideInANullMarkedPackage extends ArchCondition<JavaClass> {
        ResideInANullMarkedPackage() {
            super("reside in a package whose package-info is @NullMarked");
        }

        @Override
        public void check(JavaClass item, ConditionEvents events) {
            if (!item.getPackage().isAnnotatedWith(NullMarked.class)) {
                events.add(SimpleConditionEvent.violated(
                        item, item.getPackageName() + " has no @NullMarked package-info (" + item.getName() + ")"));
            }
        }
    }
}
