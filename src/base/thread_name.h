// Names the running thread, so that top, gdb and the load benchmark tell apart who uses the
// processor.
#pragma once

#include <pthread.h>

namespace clickmill {

// At most 15 characters: what Linux keeps.
inline void name_this_thread(const char* name) {
    pthread_setname_np(pthread_self(), name);
}

}  // namespace clickmill
