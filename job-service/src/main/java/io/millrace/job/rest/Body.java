package io.millrace.job.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.PropertyBindingException;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of requests. */
final class Body {

    private Body() {}

    /**
     * A field that is not known is refused: one that was misspelt might be what bounds the request.
     *
     * @param example of what is expected
     * @throws MillraceException INVALID_ARGUMENT when the body is no such object
     */
    static <T> T read(ObjectMapper json, @Nullable String body, Class<T> type, String example) {
        try {
            T read =
                    json.readerFor(type)
                            .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .readValue(body == null ? "" : body);
            if (read != null) {
                return read;
            }
        } catch (PropertyBindingException e) {
            String known =
                    e.getKnownPropertyIds() == null
                            ? ""
                            : e.getKnownPropertyIds().stream()
                                    .map(Object::toString)
                                    .collect(Collectors.joining(", ", "; known are ", ""));
            throw invalid(example, "there is no field '" + e.getPropertyName() + "'" + known, e);
        } catch (JsonProcessingException e) {
            throw invalid(example, e.getOriginalMessage(), e);
        }
        throw invalid(example, "it is null", null);
    }

    private static MillraceException invalid(
            String example, String why, @Nullable Throwable cause) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "the body is not a JSON object as " + example + ": " + why,
                cause);
    }
}
