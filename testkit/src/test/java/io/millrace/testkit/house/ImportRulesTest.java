package io.millrace.testkit.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImportRulesTest {

    /** What each part may import of the others; DESIGN's picture of the house, as data. */
    private static final Map<String, List<String>> MAY_IMPORT =
            Map.ofEntries(
                    Map.entry("model", List.of()),
                    Map.entry("contracts", List.of("model")),
                    Map.entry("understore", List.of("model")),
                    Map.entry("cache", List.of("model")),
                    Map.entry("topics", List.of("model", "contracts")),
                    Map.entry("embedded", List.of("model")),
                    Map.entry("rest", List.of("model")),
                    Map.entry("client", List.of("model", "contracts", "understore", "cache")),
                    Map.entry(
                            "metadata",
                            List.of("model", "contracts", "understore", "topics", "rest")),
                    Map.entry(
                            "block",
                            List.of(
                                    "model",
                                    "contracts",
                                    "understore",
                                    "cache",
                                    "client",
                                    "topics")),
                    Map.entry("job", List.of("model", "contracts", "topics", "rest")),
                    Map.entry("agent", List.of("model", "contracts", "cache", "client")),
                    Map.entry("console", List.of("model", "contracts", "rest")),
                    Map.entry(
                            "standalone",
                            List.of(
                                    "model",
                                    "contracts",
                                    "client",
                                    "understore",
                                    "topics",
                                    "embedded")));

    @SuppressWarnings("NullAway.Init")
    private static JavaClasses millrace;

    @BeforeAll
    static void readClasses() {
        millrace =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("io.millrace");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model",
                "contracts",
                "understore",
                "cache",
                "topics",
                "embedded",
                "rest",
                "client",
                "metadata",
                "block",
                "job",
                "agent",
                "console",
                "standalone"
            })
    void aPartImportsOnlyWhatTheHouseAllows(String part) {
        List<String> forbidden = new ArrayList<>();
        for (String other : MAY_IMPORT.keySet()) {
            if (!other.equals(part) && !MAY_IMPORT.getOrDefault(part, List.of()).contains(other)) {
                forbidden.add("io.millrace." + other + "..");
            }
        }
        assertFalse(
                millrace.that(
                                com.tngtech.archunit.core.domain.JavaClass.Predicates
                                        .resideInAPackage("io.millrace." + part + ".."))
                        .isEmpty(),
                "no class of " + part + " was found: the rule would hold of nothing");
        noClasses()
                .that()
                .resideInAPackage("io.millrace." + part + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden.toArray(String[]::new))
                .check(millrace);
    }

    @Test
    void theModelImportsTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage("io.millrace.model..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.millrace.model..", "java..", "org.jspecify..")
                .check(millrace);
    }

    @Test
    void librariesDoNotKnowQuarkus() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.millrace.model..",
                        "io.millrace.understore..",
                        "io.millrace.cache..",
                        "io.millrace.client..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "jakarta..", "io.smallrye..")
                .check(millrace);
    }

    @Test
    void sqlIsWrittenInStoreClassesAlone() {
        noClasses()
                .that()
                .resideInAnyPackage("io.millrace.metadata..", "io.millrace.job..")
                .and()
                .haveNameNotMatching(".*\\.[A-Za-z]*(Store|Database)(\\$.*)?")
                .and()
                .haveNameNotMatching(".*\\.boot\\..*")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.sql\\.(PreparedStatement|ResultSet|Statement)")
                .check(millrace);
    }

    /** Quarkus' own way to a thread that may block loses calls (see GrpcCalls). */
    @Test
    void grpcServicesLeaveTheEventLoopByGrpcCalls() {
        noClasses()
                .that()
                .areAnnotatedWith("io.quarkus.grpc.GrpcService")
                .should()
                .dependOnClassesThat()
                .haveNameMatching(
                        "io\\.smallrye\\.common\\.annotation\\.(RunOnVirtualThread|Blocking)")
                .check(millrace);
        classes()
                .that()
                .areAnnotatedWith("io.quarkus.grpc.GrpcService")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.millrace.contracts.GrpcCalls")
                .check(millrace);
    }
}
