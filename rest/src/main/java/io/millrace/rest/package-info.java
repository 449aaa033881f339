/**
 * What the REST endpoints of all services share: failures as RFC 9457 problems, how bodies and
 * limits are read, and what the OpenAPI document says of failures.
 */
@NullMarked
package io.millrace.rest;

import org.jspecify.annotations.NullMarked;
