// The promises of an ObjectStore: of a folder, and of S3 where CLICKMILL_TEST_S3 names an endpoint
// with a bucket "clickmill". tests/s3/contract_test.py starts one.
#include "archive/object_store.h"
#include "archive/s3/s3_store.h"
#include "base/durable_file.h"
#include "base/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace clickmill::archive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kMebibyte = 1 << 20;

class ObjectStoreContract : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-objects-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        prefix_ = random_token(6);
        store_ = open();
    }
    void TearDown() override {
        for (const std::string& name : names()) (void)store_->remove(name);
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    std::unique_ptr<ObjectStore> open() {
        if (GetParam() == "Folder") return open_folder(folder_ + "/objects").value();
        return open_s3({.url = "s3://clickmill/" + prefix_,
                        .endpoint = std::getenv("CLICKMILL_TEST_S3"),
                        .scratch_folder = folder_ + "/scratch",
                        .part_bytes = 5 * kMebibyte,
                        .attempts = 12,  // it may have a bad day
                        .first_pause = std::chrono::milliseconds(10),
                        .stall_timeout = std::chrono::seconds(1)})
            .value();
    }
    Result<void> put(const std::string& name, const std::string& bytes) {
        const std::string path = store_->scratch_folder() + "/made.parquet";
        RETURN_IF_ERROR(write_durably(path, bytes));
        return store_->put(path, name);
    }
    std::string get(const std::string& name) {
        const auto file = store_->get(name);
        return file ? text_of_file(file->path()).value() : file.error().message();
    }
    std::vector<std::string> names() {
        std::vector<std::string> names;
        const auto objects = store_->list().value();
        for (const Object& object : objects) names.push_back(object.name);
        return names;
    }
    std::vector<std::string> scratch() {
        std::vector<std::string> names;
        for (const auto& file : std::filesystem::directory_iterator(store_->scratch_folder()))
            names.push_back(file.path().filename());
        return names;
    }

    std::string folder_;
    std::string prefix_;
    std::unique_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreContract, GivesBackWhatItTook) {
    EXPECT_THAT(names(), IsEmpty());
    ASSERT_TRUE(put("date=2025-11-24/0-8-9.parquet", "second"));
    ASSERT_TRUE(put("date=2025-11-23/0-0-7.parquet", "first"));
    EXPECT_THAT(names(),
                ElementsAre("date=2025-11-23/0-0-7.parquet", "date=2025-11-24/0-8-9.parquet"));
    EXPECT_EQ(store_->list().value()[1].bytes, 6);
    EXPECT_EQ(get("date=2025-11-24/0-8-9.parquet"), "second");
    EXPECT_THAT(scratch(), IsEmpty()) << "what was taken is gone there, and copies are";
    store_ = open();
    EXPECT_EQ(get("date=2025-11-23/0-0-7.parquet"), "first");
}

TEST_P(ObjectStoreContract, ReplacesAndRemoves) {
    ASSERT_TRUE(put("a/b.parquet", "old"));
    ASSERT_TRUE(put("a/b.parquet", "new one"));
    EXPECT_EQ(get("a/b.parquet"), "new one");
    EXPECT_THAT(names(), SizeIs(1));
    ASSERT_TRUE(store_->remove("a/b.parquet"));
    ASSERT_TRUE(store_->remove("a/b.parquet")) << "one that is not there is removed";
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_EQ(store_->get("a/b.parquet").error().code, ErrorCode::NotFound);
}

TEST_P(ObjectStoreContract, TakesFilesOfManyParts) {
    for (const int64_t bytes : {5 * kMebibyte, 5 * kMebibyte + 1, 12 * kMebibyte, int64_t{0}}) {
        std::string text(static_cast<size_t>(bytes), '\0');
        for (size_t i = 0; i < text.size(); ++i)
            text[i] = static_cast<char>((i * 2654435761u) >> 13);
        ASSERT_TRUE(put("large.parquet", text)) << bytes;
        EXPECT_EQ(store_->list().value()[0].bytes, bytes);
        EXPECT_TRUE(get("large.parquet") == text) << bytes;
    }
}

TEST_P(ObjectStoreContract, ListsMoreThanAPage) {
    std::vector<std::string> put_names;
    for (int i = 1000; i < 2005; ++i) {
        put_names.push_back(std::to_string(i) + ".parquet");
        ASSERT_TRUE(put(put_names.back(), "x"));
    }
    EXPECT_EQ(names(), put_names);
}

TEST_P(ObjectStoreContract, KeepsACopyForAsLongAsItIsHeld) {
    ASSERT_TRUE(put("a.parquet", "text"));
    std::string path;
    {
        const LocalFile file = store_->get("a.parquet").value();
        path = file.path();
        ASSERT_TRUE(put("a.parquet", "other"));
        EXPECT_EQ(text_of_file(path), GetParam() == "S3" ? "text" : "other");
    }
    EXPECT_EQ(std::filesystem::exists(path), GetParam() == "Folder");
}

TEST_P(ObjectStoreContract, IsWorkedOnByOneProcessAtATime) {
    const auto first = lock_files(*store_);
    ASSERT_TRUE(first);
    EXPECT_EQ(lock_files(*open()).error().code, ErrorCode::Conflict);
}

std::vector<std::string> stores() {
    std::vector<std::string> stores = {"Folder"};
    if (std::getenv("CLICKMILL_TEST_S3")) stores.emplace_back("S3");
    return stores;
}

INSTANTIATE_TEST_SUITE_P(, ObjectStoreContract, testing::ValuesIn(stores()),
                         [](const auto& store) { return store.param; });

TEST(S3Store, SaysWhatIsWrongWithTheKeys) {
    const char* endpoint = std::getenv("CLICKMILL_TEST_S3");
    if (!endpoint) GTEST_SKIP() << "a folder has no keys";
    const std::string secret = std::getenv("AWS_SECRET_ACCESS_KEY");
    ASSERT_EQ(setenv("AWS_SECRET_ACCESS_KEY", "another", 1), 0);
    const auto store = open_s3({.url = "s3://clickmill/x",
                                .endpoint = endpoint,
                                .scratch_folder = testing::TempDir() + "clickmill-s3-keys"})
                           .value();
    const auto listed = store->list();
    ASSERT_EQ(setenv("AWS_SECRET_ACCESS_KEY", secret.c_str(), 1), 0);
    ASSERT_FALSE(listed);
    EXPECT_THAT(listed.error().why, testing::HasSubstr("AWS_SECRET_ACCESS_KEY"));
    const auto nowhere = open_s3({.url = "s3://no-such-bucket/x",
                                  .endpoint = endpoint,
                                  .scratch_folder = testing::TempDir() + "clickmill-s3-keys"})
                             .value()
                             ->list();
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().why, testing::HasSubstr("make the bucket"));
}

}  // namespace
}  // namespace clickmill::archive
