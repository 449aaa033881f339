package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseBindingSuite;
import io.millrace.agent.fuse.ReadPolicy;

/** The suite where the kernel tells neither of open nor of close. */
class NoOpenBindingTest extends FuseBindingSuite {

    @Override
    protected FuseBinding binding() {
        return new LinuxFuseBinding();
    }

    @Override
    protected ReadPolicy readPolicy() {
        return ReadPolicy.NO_OPEN;
    }
}
