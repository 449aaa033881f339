package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseBindingSuite;
import io.millrace.agent.fuse.ReadPolicy;

/** The suite where large files go past the page cache. */
class DirectIoBindingTest extends FuseBindingSuite {

    @Override
    protected FuseBinding binding() {
        return new LinuxFuseBinding();
    }

    @Override
    protected ReadPolicy readPolicy() {
        return ReadPolicy.DIRECT;
    }
}
