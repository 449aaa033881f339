/** The REST interface of a whole cluster against the OpenAPI document that it gives of itself. */
@NullMarked
package io.millrace.testkit.rest;

import org.jspecify.annotations.NullMarked;
