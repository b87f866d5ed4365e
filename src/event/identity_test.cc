#include "event/identity.h"

#include <gtest/gtest.h>

namespace clickmill::event {
namespace {

TEST(PrivateEventId, KeepsTheCounterSoThatRepeatsMeet) {
    const std::string id = private_event_id("secret", "install.boot#17");
    EXPECT_TRUE(id.ends_with("#17"));
    EXPECT_EQ(id.size(), 35u);
    EXPECT_EQ(id.substr(0, 32), private_event_id("secret", "install.boot#18").substr(0, 32));
    EXPECT_NE(id, private_event_id("other", "install.boot#17"));
}

TEST(PrivateEventId, HashesOtherFormsWhole) {
    for (const char* id : {"plain", "a#b", "a#", "a#017", "a#12345678901234567"}) {
        EXPECT_EQ(private_event_id("secret", id), keyed_identity("secret", id)) << id;
    }
}

TEST(KeyedIdentity, IsHmacSha256CutTo128Bits) {
    // RFC 4231, test case 2.
    EXPECT_EQ(keyed_identity("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c7");
}

}  // namespace
}  // namespace clickmill::event
