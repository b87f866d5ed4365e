#include "archive/s3/s3_store.h"

#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <unistd.h>

namespace clickmill::archive {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhat = "cannot use S3";
constexpr int kNameBytes = 8;

// Copies whose process was killed: its pid is in their names.
void remove_copies_of_the_dead(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(folder, ignored)) {
        const std::string name = file.path().filename().string();
        if (!name.starts_with(kCopyPrefix)) continue;
        const int pid = std::atoi(name.c_str() + kCopyPrefix.size());
        if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) fs::remove(file.path(), ignored);
    }
}

Error no_such(const std::string& name) {
    return Error{ErrorCode::NotFound, "cannot read from the archive", name,
                 "there is no such object"};
}

class S3Store final : public ObjectStore {
public:
    S3Store(const S3Options& options, S3Place place)
        : options_(options), client_(options, std::move(place)) {}

    Result<std::vector<Object>> list() override {
        std::vector<Object> objects;
        std::string token;
        do {
            S3Query query = {{"list-type", "2"}, {"prefix", client_.place().prefix}};
            if (!token.empty()) query.emplace_back("continuation-token", token);
            ASSIGN_OR_RETURN(const S3Answer answer,
                             client_.send("GET", client_.place().bucket_path, query));
            ASSIGN_OR_RETURN(token, add_page(answer, objects));
        } while (!token.empty());
        std::ranges::sort(objects, {}, &Object::name);
        return objects;
    }

    std::string scratch_folder() override { return options_.scratch_folder; }

    Result<void> put(const std::string& path, const std::string& name) override {
        std::error_code error;
        const auto bytes = static_cast<int64_t>(fs::file_size(path, error));
        std::ifstream file(path, std::ios::binary);
        if (error || !file) return fail(ErrorCode::Unavailable, kWhat, path, "cannot read it");
        RETURN_IF_ERROR(bytes <= options_.part_bytes ? put_whole(file, bytes, name)
                                                     : put_in_parts(file, bytes, name));
        fs::remove(path, error);
        return {};
    }

    Result<LocalFile> get(const std::string& name) override {
        LocalFile copy(fmt::format("{}/{}{}-{}.parquet", options_.scratch_folder, kCopyPrefix,
                                   ::getpid(), random_token(kNameBytes)),
                       true);
        ASSIGN_OR_RETURN(const S3Answer answer,
                         client_.send("GET", path_of(name), {}, {}, copy.path()));
        if (answer.status == 404) return std::unexpected(no_such(name));
        return copy;
    }

    Result<void> remove(const std::string& name) override {
        RETURN_IF_ERROR(client_.send("DELETE", path_of(name)));
        return {};
    }

private:
    std::string path_of(const std::string& name) const { return client_.place().base + name; }

    // The token of the next page; empty: there is none.
    Result<std::string> add_page(const S3Answer& answer, std::vector<Object>& objects) const {
        pugi::xml_document page;
        const auto read = page.load_buffer(answer.body.data(), answer.body.size());
        const pugi::xml_node found = page.child("ListBucketResult");
        if (answer.status != 200 || !read || !found) {
            return fail(ErrorCode::Unavailable, kWhat, client_.place().host,
                        fmt::format("it answers {} to a question for its objects: {}",
                                    answer.status, answer.body.substr(0, 200)));
        }
        for (const pugi::xml_node& object : found.children("Contents")) {
            const std::string key = object.child_value("Key");
            if (!key.starts_with(client_.place().prefix)) continue;
            objects.push_back({key.substr(client_.place().prefix.size()),
                               std::atoll(object.child_value("Size"))});
        }
        return std::string(found.child_value("NextContinuationToken"));
    }

    static Result<std::string> read(std::ifstream& file, int64_t bytes) {
        std::string part(static_cast<size_t>(bytes), '\0');
        if (file.read(part.data(), static_cast<std::streamsize>(part.size()))) return part;
        return fail(ErrorCode::Unavailable, kWhat, "", "cannot read the file that it is to take");
    }

    Result<void> put_whole(std::ifstream& file, int64_t bytes, const std::string& name) {
        ASSIGN_OR_RETURN(const std::string body, read(file, bytes));
        ASSIGN_OR_RETURN(const S3Answer answer, client_.send("PUT", path_of(name), {}, body));
        return require_taken(answer, name);
    }

    Result<void> put_in_parts(std::ifstream& file, int64_t bytes, const std::string& name) {
        ASSIGN_OR_RETURN(const S3Answer begun,
                         client_.send("POST", path_of(name), {{"uploads", ""}}));
        const std::string upload = text_in(begun.body, "UploadId");
        if (upload.empty()) {
            return fail(ErrorCode::Unavailable, kWhat, name,
                        fmt::format("it answers {} without an UploadId", begun.status));
        }
        const Result<void> sent = send_parts(file, bytes, name, upload);
        if (sent) return sent;
        // What was sent costs until it is thrown away.
        const auto thrown_away = client_.send("DELETE", path_of(name), {{"uploadId", upload}});
        Error error = sent.error();
        if (!thrown_away) error.why += "; parts of it are left in the bucket";
        return std::unexpected(std::move(error));
    }

    Result<void> send_parts(std::ifstream& file, int64_t bytes, const std::string& name,
                            const std::string& upload) {
        std::string parts = "<CompleteMultipartUpload>";
        int number = 1;
        for (int64_t sent = 0; sent < bytes; ++number) {
            const int64_t size = std::min(options_.part_bytes, bytes - sent);
            ASSIGN_OR_RETURN(const std::string part, read(file, size));
            ASSIGN_OR_RETURN(
                const S3Answer answer,
                client_.send("PUT", path_of(name),
                             {{"partNumber", std::to_string(number)}, {"uploadId", upload}}, part));
            RETURN_IF_ERROR(require_taken(answer, name));
            parts += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                                 answer.etag);
            sent += size;
        }
        parts += "</CompleteMultipartUpload>";
        ASSIGN_OR_RETURN(const S3Answer whole,
                         client_.send("POST", path_of(name), {{"uploadId", upload}}, parts));
        // An earlier attempt was done, and only its answer got lost: then the upload is gone.
        if (whole.status == 404 && whole.attempts > 1) {
            ASSIGN_OR_RETURN(const S3Answer there, client_.send("HEAD", path_of(name)));
            if (there.status == 200 && there.length == bytes) return {};
        }
        return require_taken(whole, name);
    }

    static Result<void> require_taken(const S3Answer& answer, const std::string& name) {
        if (answer.status / 100 == 2) return {};
        return fail(ErrorCode::Unavailable, kWhat, name,
                    fmt::format("it answers {}: {}", answer.status, answer.body.substr(0, 200)));
    }

    const S3Options options_;
    S3Client client_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_s3(const S3Options& options) {
    ASSIGN_OR_RETURN(S3Place place, place_of(options));
    std::error_code error;
    fs::create_directories(options.scratch_folder, error);
    if (error) {
        return fail(ErrorCode::Unavailable, "cannot make a folder for files on their way to S3",
                    options.scratch_folder, error.message());
    }
    remove_copies_of_the_dead(options.scratch_folder);
    return std::make_unique<S3Store>(options, std::move(place));
}

}  // namespace clickmill::archive
