package io.millrace.testkit.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Proxy;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the agent is made of does nothing that a native image cannot, or only what was registered.
 */
class NativeReadinessTest {

    private static final String[] AGENT = {
        "io.millrace.agent..",
        "io.millrace.client..",
        "io.millrace.model..",
        "io.millrace.understore.."
    };

    @SuppressWarnings("NullAway.Init")
    private static JavaClasses millrace;

    @BeforeAll
    static void readClasses() {
        millrace =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("io.millrace");
    }

    @Test
    void nothingIsFoundByNameAtRunTime() {
        noClasses()
                .that()
                .resideInAnyPackage(AGENT)
                .should()
                .callMethod(Class.class, "forName", String.class)
                .orShould()
                .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(AccessibleObject.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Proxy.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ServiceLoader.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("sun.misc.Unsafe")
                .because("a native image has what was registered for it")
                .check(millrace);
    }

    @Test
    void noSharedArenaIsMade() {
        noClasses()
                .that()
                .resideInAnyPackage(AGENT)
                .should()
                .callMethod(Arena.class, "ofShared")
                .because("closing one is no part of a native image")
                .check(millrace);
    }

    @Test
    void downcallsAreLinkedInOnePlace() {
        noClasses()
                .that()
                .resideInAnyPackage(AGENT)
                .and()
                .doNotHaveFullyQualifiedName("io.millrace.agent.fuse.linux.Downcalls")
                .should()
                .callMethod(Linker.class, "nativeLinker")
                .because("DowncallsTest compares what is linked there with what is registered")
                .check(millrace);
    }
}
