package dev.proactor.spring.boot;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.proactor.spring.boot", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycle =
            slices().matching("dev.proactor.spring.boot.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule whatUsersSeeDependsOnNothingBehindIt = noClasses()
            .that()
            .resideInAnyPackage("..spring.boot.handler", "..spring.boot.connection", "..spring.boot.template")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..spring.boot.internal..", "..spring.boot.autoconfigure..");

    @ArchTest
    static final ArchRule onlyMetricsKnowMicrometer = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "..spring.boot.metrics", "..spring.boot.observation", "..spring.boot.autoconfigure")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.micrometer..");

    @ArchTest
    static final ArchRule onlyItsAutoConfigurationKnowsMicrometer = noClasses()
            .that()
            .resideInAPackage("..spring.boot.autoconfigure")
            .and()
            .doNotHaveSimpleName("ProactorMetricsAutoConfiguration")
            .and()
            .doNotHaveSimpleName("ProactorObservationAutoConfiguration")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.micrometer..", "..spring.boot.metrics", "..spring.boot.observation");

    @ArchTest
    static final ArchRule onlyHealthKnowsHealth = noClasses()
            .that()
            .resideOutsideOfPackage("..spring.boot.health")
            .and()
            .doNotHaveSimpleName("ProactorHealthAutoConfiguration")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.boot.health..", "..spring.boot.health");

    @ArchTest
    static final ArchRule onlyTheEndpointKnowsActuator = noClasses()
            .that()
            .resideOutsideOfPackage("..spring.boot.endpoint")
            .and()
            .doNotHaveSimpleName("ProactorEndpointAutoConfiguration")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework.boot.actuate..", "..spring.boot.endpoint");

    @ArchTest
    static final ArchRule onlyItsConversionKnowsJackson = noClasses()
            .that()
            .haveSimpleNameNotStartingWith("Jackson")
            .and()
            .haveNameNotMatching(".*MessageConvertersConfiguration.*")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("tools.jackson..", "com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule onlyTheCoresFaceIsUsed =
            noClasses().should().dependOnClassesThat().resideInAPackage("dev.proactor.internal..");

    @ArchTest
    static final ArchRule internalsOfProtonAreNotUsed =
            noClasses().should().dependOnClassesThat().resideInAPackage("org.apache.qpid.proton.engine.impl..");

    @ArchTest
    static final ArchRule autoConfigurationsAreFinal = classes()
            .that()
            .haveSimpleNameEndingWith("AutoConfiguration")
            .should()
            .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL);
}
