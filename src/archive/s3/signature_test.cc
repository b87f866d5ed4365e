#include "archive/s3/signature.h"

#include "archive/s3/client.h"
#include "archive/s3/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::archive {
namespace {

using testing::Contains;
using testing::HasSubstr;
using namespace std::chrono_literals;

// The examples of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";
const S3Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                 ""};
constexpr Moment kTime = std::chrono::sys_days{2013y / 5 / 24};

TEST(S3Signature, IsThatOfAmazonsExamples) {
    const auto of = [](const S3Request& request) {
        return signed_headers(request, kCredentials, "us-east-1", kTime);
    };
    EXPECT_THAT(
        of({.method = "GET", .host = kHost, .path = "/", .query = {{"lifecycle", ""}}}),
        Contains(HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature="
                           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")));
    EXPECT_THAT(
        of({.method = "GET",
            .host = kHost,
            .path = "/",
            .query = {{"prefix", "J"}, {"max-keys", "2"}}}),
        Contains(HasSubstr("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")));
}

TEST(S3Signature, NamesTheTokenOfASession) {
    S3Credentials credentials = kCredentials;
    credentials.token = "of-a-session";
    const auto headers = signed_headers({.method = "GET", .host = kHost, .path = "/"}, credentials,
                                        "us-east-1", kTime);
    EXPECT_THAT(headers, Contains("x-amz-security-token: of-a-session"));
    EXPECT_THAT(headers, Contains(HasSubstr(";x-amz-security-token,")));
}

TEST(S3Signature, EncodesAsS3Reads) {
    EXPECT_EQ(encoded_path("/a/date=2025-11-23/0-0-9.parquet"),
              "/a/date%3D2025-11-23/0-0-9.parquet");
    EXPECT_EQ(encoded_path("/ü ~_"), "/%C3%BC%20~_");
    EXPECT_EQ(encoded_query({{"prefix", "a/b"}, {"list-type", "2"}}), "list-type=2&prefix=a%2Fb");
}

TEST(S3Place, IsAmazonsOrThatOfAnEndpoint) {
    const S3Place amazons = place_of({.url = "s3://clicks/shop/", .region = "eu-west-1"}).value();
    EXPECT_EQ(amazons.host, "clicks.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(amazons.base, "/shop/");
    EXPECT_EQ(amazons.bucket_path, "/");
    const S3Place own =
        place_of({.url = "s3://clicks", .endpoint = "http://127.0.0.1:9000/"}).value();
    EXPECT_EQ(own.scheme, "http");
    EXPECT_EQ(own.host, "127.0.0.1:9000");
    EXPECT_EQ(own.base, "/clicks/");
    EXPECT_EQ(own.bucket_path, "/clicks");
    for (const char* url : {"", "clicks", "https://clicks", "s3://", "s3:///a", "s3://a b"})
        EXPECT_EQ(place_of({.url = url}).error().code, ErrorCode::InvalidInput) << url;
    for (const char* endpoint : {"127.0.0.1:9000", "ftp://a", "https://", "https://a/b"}) {
        EXPECT_EQ(place_of({.url = "s3://a", .endpoint = endpoint}).error().code,
                  ErrorCode::InvalidInput)
            << endpoint;
    }
}

TEST(S3Credentials, AreThoseOfTheProfile) {
    constexpr const char* kFile =
        "# mine\n[default]\naws_access_key_id = A\naws_secret_access_key=B=\r\n\n"
        "[ other ]\naws_access_key_id=C\naws_secret_access_key=D\naws_session_token = T\n[half]\n"
        "aws_access_key_id=E\n";
    EXPECT_EQ(credentials_in(kFile, "default")->secret, "B=");
    EXPECT_EQ(credentials_in(kFile, "default")->token, "");
    EXPECT_EQ(credentials_in(kFile, "other")->token, "T");
    EXPECT_FALSE(credentials_in(kFile, "half"));
    EXPECT_FALSE(credentials_in(kFile, "nobody"));
}

}  // namespace
}  // namespace clickmill::archive
