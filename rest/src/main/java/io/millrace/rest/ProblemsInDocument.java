package io.millrace.rest;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** Says in the OpenAPI document once what holds of all operations: a failure is a problem. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class ProblemsInDocument implements OASFilter {

    private static final String DEFAULT = "default";

    @Override
    public void filterOpenAPI(OpenAPI document) {
        if (document.getPaths() == null) {
            return;
        }
        for (var path : document.getPaths().getPathItems().values()) {
            path.getOperations().values().forEach(ProblemsInDocument::addTo);
        }
    }

    private static void addTo(Operation operation) {
        operation
                .getResponses()
                .getAPIResponses()
                .forEach((status, response) -> {
                    if (status.startsWith("4") || status.startsWith("5")) {
                        response.setContent(problem());
                    }
                });
        if (!operation.getResponses().hasAPIResponse(DEFAULT)) {
            APIResponse other =
                    OASFactory.createAPIResponse()
                            .description("It was not done; why is said.")
                            .content(problem());
            operation.getResponses().addAPIResponse(DEFAULT, other);
        }
    }

    private static Content problem() {
        return OASFactory.createContent()
                .addMediaType(
                        Problem.MEDIA_TYPE,
                        OASFactory.createMediaType()
                                .schema(
                                        OASFactory.createSchema()
                                                .ref("#/components/schemas/Problem")));
    }
}
