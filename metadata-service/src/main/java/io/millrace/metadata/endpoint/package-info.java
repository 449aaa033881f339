/** gRPC and REST: translates between messages and the domain, and maps errors. */
@NullMarked
package io.millrace.metadata.endpoint;

import org.jspecify.annotations.NullMarked;
