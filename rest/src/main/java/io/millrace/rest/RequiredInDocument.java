package io.millrace.rest;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jspecify.annotations.Nullable;

/** Says in the OpenAPI document that what is never null in a record is always there. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class RequiredInDocument implements OASFilter {

    private static final DotName SCHEMA =
            DotName.createSimple(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
    private static final DotName NULLABLE = DotName.createSimple(Nullable.class);

    private final IndexView index;

    public RequiredInDocument(IndexView index) {
        this.index = index;
    }

    @Override
    public void filterOpenAPI(OpenAPI document) {
        Map<String, Schema> schemas =
                document.getComponents() == null || document.getComponents().getSchemas() == null
                        ? Map.of()
                        : document.getComponents().getSchemas();
        for (ClassInfo type : index.getKnownClasses()) {
            if (type.isRecord() && type.name().packagePrefix().startsWith("io.millrace.")) {
                Schema schema = schemas.get(name(type));
                if (schema != null && isOf(type, schema)) {
                    require(schema, type);
                }
            }
        }
    }

    private static String name(ClassInfo type) {
        AnnotationInstance given = type.declaredAnnotation(SCHEMA);
        return given == null || given.value("name") == null
                ? type.simpleName()
                : given.value("name").asString();
    }

    /** Names of records that are nobody's JSON may be the same. */
    private static boolean isOf(ClassInfo type, Schema schema) {
        Set<String> components =
                type.recordComponents().stream()
                        .map(RecordComponentInfo::name)
                        .collect(Collectors.toSet());
        return schema.getProperties() != null && schema.getProperties().keySet().equals(components);
    }

    private static void require(Schema schema, ClassInfo type) {
        Set<String> required = new TreeSet<>();
        if (schema.getRequired() != null) {
            required.addAll(schema.getRequired());
        }
        for (RecordComponentInfo component : type.recordComponents()) {
            if (!component.type().hasAnnotation(NULLABLE)) {
                required.add(component.name());
            }
        }
        schema.setRequired(required.isEmpty() ? null : List.copyOf(required));
    }
}
