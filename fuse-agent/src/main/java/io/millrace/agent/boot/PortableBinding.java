package io.millrace.agent.boot;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.jnr.JnrFuseBinding;
import io.quarkus.arc.properties.UnlessBuildProperty;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * The one reference to the portable binding. A native build leaves it out, and with it jnr-fuse,
 * which makes code at run time.
 */
@UnlessBuildProperty(name = "quarkus.native.enabled", stringValue = "true", enableIfMissing = true)
final class PortableBinding {

    @Produces
    @Singleton
    FuseBinding jnr() {
        return new JnrFuseBinding();
    }
}
