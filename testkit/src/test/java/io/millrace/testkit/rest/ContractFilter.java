package io.millrace.testkit.rest;

import io.restassured.filter.Filter;
import io.restassured.filter.FilterContext;
import io.restassured.response.Response;
import io.restassured.specification.FilterableRequestSpecification;
import io.restassured.specification.FilterableResponseSpecification;
import java.net.URI;

/** Holds each answer that RestAssured gets against a {@link Contract}. */
record ContractFilter(Contract contract) implements Filter {

    @Override
    public Response filter(
            FilterableRequestSpecification request,
            FilterableResponseSpecification expected,
            FilterContext context) {
        Response response = context.next(request, expected);
        contract.check(
                request.getMethod(),
                URI.create(request.getURI()).getRawPath(),
                new Contract.Answer(
                        response.statusCode(), response.contentType(), response.asByteArray()));
        return response;
    }
}
