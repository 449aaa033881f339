package io.millrace.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.PropertyBindingException;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of requests. */
public final class Body {

    private Body() {}

    /**
     * Nothing is guessed: a field that is not known is refused, since one that was misspelt might
     * be what bounds the request, and so are fractions of what is counted.
     *
     * @param example of what is expected
     * @throws MillraceException INVALID_ARGUMENT when the body is no such object
     */
    public static <T> T read(
            ObjectMapper json, @Nullable String body, Class<T> type, String example) {
        if (body == null || body.isBlank()) {
            throw invalid(example, "it is empty", null);
        }
        try {
            T read =
                    json.readerFor(type)
                            .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                            .without(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                            .readValue(body);
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
        } catch (MismatchedInputException e) {
            String field =
                    e.getPath().stream()
                            .map(JsonMappingException.Reference::getFieldName)
                            .filter(Objects::nonNull)
                            .collect(Collectors.joining("."));
            throw invalid(
                    example,
                    field.isEmpty() ? "it is something else" : "'" + field + "' cannot be that",
                    e);
        } catch (JsonProcessingException e) {
            throw invalid(example, e.getOriginalMessage(), e);
        }
        throw invalid(example, "it is null", null);
    }

    /** That {@code missing} must be given in the body, which is not as {@code example}. */
    public static MillraceException without(String example, String missing) {
        return invalid(example, missing + " must be given", null);
    }

    private static MillraceException invalid(
            String example, String why, @Nullable Throwable cause) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "the body is not a JSON object as " + example + ": " + why,
                cause);
    }
}
