package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Page;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * All files a job could not do, as files; read from the database page by page while they are sent.
 */
@Path("/api/v1/jobs/{id}")
@RunOnVirtualThread
@Tag(name = "jobs")
public class FailuresResource {

    private static final int PAGE = 1_000;

    private final JobEngine engine;
    private final ObjectMapper json;

    FailuresResource(JobEngine engine, ObjectMapper json) {
        this.engine = engine;
        this.json = json;
    }

    /** Writes one failure. */
    private interface Row {
        void write(Failure failure, Writer to) throws IOException;
    }

    @GET
    @Path("failures.csv")
    @Produces("text/csv; charset=UTF-8")
    @Operation(
            summary = "All files a job could not do, as CSV",
            description =
                    "RFC 4180 with a header. A cell that a spreadsheet would take for a formula begins with an apostrophe.")
    @APIResponse(responseCode = "200", description = "The file.")
    @APIResponse(responseCode = "404", description = "There is no such job.")
    public Response csv(@PathParam("id") String id) {
        return download(
                engine.job(JobId.parse(id)).id(),
                "csv",
                "path,bytes,outcome,code,message\r\n",
                (failure, to) ->
                        to.write(
                                Csv.row(
                                        failure.path(),
                                        Long.toString(failure.bytes()),
                                        failure.fate().word(),
                                        failure.code().name(),
                                        failure.message())));
    }

    @GET
    @Path("failures.jsonl")
    @Produces("application/jsonl")
    @Operation(
            summary = "All files a job could not do, as JSON lines",
            description = "One JSON object as of GET {id}/failures in each line.")
    @APIResponse(responseCode = "200", description = "The file.")
    @APIResponse(responseCode = "404", description = "There is no such job.")
    public Response jsonLines(@PathParam("id") String id) {
        return download(
                engine.job(JobId.parse(id)).id(),
                "jsonl",
                "",
                (failure, to) -> {
                    to.write(json.writeValueAsString(FailuresView.file(failure)));
                    to.write('\n');
                });
    }

    private Response download(JobId id, String ending, String header, Row row) {
        StreamingOutput body =
                out -> {
                    Writer to =
                            new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
                    to.write(header);
                    String after = "";
                    Page<Failure> page;
                    do {
                        page = engine.failures(id, after, PAGE);
                        for (Failure failure : page.items()) {
                            row.write(failure, to);
                            after = failure.path();
                        }
                    } while (page.more());
                    to.flush();
                };
        return Response.ok(body)
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"failures-" + id + "." + ending + "\"")
                .build();
    }
}
