// For tests: requests that two readers could frame differently, so the strict one refuses them.
// Classes after RFC 9112's rules and published request smuggling finds (HTTP Garden).
#pragma once

#include <string>
#include <vector>

namespace clickmill::http {

inline std::string post_head(const std::string& fields,
                             const std::string& line = "POST / HTTP/1.1\r\n") {
    return line + "Host: a\r\n" + fields + "\r\n";
}

struct BadHead {
    const char* why;
    std::string bytes;
    int status = 400;
};

inline const std::vector<BadHead>& bad_heads() {
    static const std::vector<BadHead> all = {
        {"length and coding", post_head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
        {"coding and length", post_head("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
        {"two lengths", post_head("Content-Length: 3\r\nContent-Length: 4\r\n")},
        {"two equal lengths", post_head("Content-Length: 3\r\nContent-Length: 3\r\n")},
        {"a list of lengths", post_head("Content-Length: 5,5\r\n")},
        {"a signed length", post_head("Content-Length: +5\r\n")},
        {"a negative length", post_head("Content-Length: -1\r\n")},
        {"a hexadecimal length", post_head("Content-Length: 0x10\r\n")},
        {"an empty length", post_head("Content-Length:\r\n")},
        {"a length with a space in it", post_head("Content-Length: 1 0\r\n")},
        {"a length that overflows", post_head("Content-Length: 18446744073709551616\r\n")},
        {"a fractional length", post_head("Content-Length: 1.0\r\n")},
        {"an unknown coding", post_head("Transfer-Encoding: xchunked\r\n"), 501},
        {"a list of codings", post_head("Transfer-Encoding: gzip, chunked\r\n"), 501},
        {"chunked twice", post_head("Transfer-Encoding: chunked, chunked\r\n"), 501},
        {"an empty coding", post_head("Transfer-Encoding:\r\n"), 501},
        {"identity coding", post_head("Transfer-Encoding: identity\r\n"), 501},
        {"a quoted coding", post_head("Transfer-Encoding: \"chunked\"\r\n"), 501},
        {"a vertical tab in the coding", post_head("Transfer-Encoding: \x0b chunked\r\n")},
        {"two coding fields",
         post_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"a coding in HTTP/1.0",
         "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"a space before the colon", post_head("Content-Length : 3\r\n")},
        {"a tab before the colon", post_head("Transfer-Encoding\t: chunked\r\n")},
        {"a folded line", post_head("X-A: b\r\n c\r\n")},
        {"a folded first line", "POST / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"a tab-folded line", post_head("X-A: b\r\n\tContent-Length: 3\r\n")},
        {"a bare LF between fields", post_head("X-A: b\nContent-Length: 3\r\n")},
        {"a bare LF at the end", "POST / HTTP/1.1\r\nHost: a\r\n\n"},
        {"a bare LF after the request line", "POST / HTTP/1.1\nHost: a\r\n\r\n"},
        {"a bare CR in a value", post_head("X-A: b\rContent-Length: 3\r\n")},
        {"a bare CR in a name", post_head("X\r-A: b\r\n")},
        {"CR CR LF", post_head("X-A: b\r\r\n")},
        {"NUL in a value", post_head(std::string("X-A: b\0c\r\n", 10))},
        {"NUL in a name", post_head(std::string("X\0A: b\r\n", 8))},
        {"DEL in a value", post_head("X-A: \x7f\r\n")},
        {"a field without a colon", post_head("XA\r\n")},
        {"a field without a name", post_head(": b\r\n")},
        {"a name with a slash", post_head("X/A: b\r\n")},
        {"a name in UTF-8", post_head("X-\xc3\xa9: b\r\n")},
        {"two hosts", post_head("Host: b\r\n")},
        {"two equal hosts", post_head("host: a\r\n")},
        {"no host", "GET / HTTP/1.1\r\n\r\n"},
        {"a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"a host with user info", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        {"another host in the target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/0.9", "GET /\r\n"},
        {"HTTP/0.9 with fields", "GET /\r\nHost: a\r\n\r\n"},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"a version with two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
        {"a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a space at the end of the request line", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"a space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a control in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a fragment in the target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a star that is not for OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"another expectation", post_head("Expect: the unexpected\r\n"), 417},
        {"two empty lines before", "\r\n\r\n" + post_head("")},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 13)},
    };
    return all;
}

// Bodies behind "Transfer-Encoding: chunked".
inline const std::vector<std::string>& bad_chunks() {
    static const std::vector<std::string> all = {
        "-2\r\nab\r\n0\r\n\r\n",
        "+2\r\nab\r\n0\r\n\r\n",
        "0x2\r\nab\r\n0\r\n\r\n",
        " 2\r\nab\r\n0\r\n\r\n",
        "2 \r\nab\r\n0\r\n\r\n",
        "\r\nab\r\n0\r\n\r\n",
        "g\r\nab\r\n0\r\n\r\n",
        "2\nab\r\n0\r\n\r\n",
        "2\r\nabc\r\n0\r\n\r\n",
        "2\r\nab\n0\r\n\r\n",
        "2\r\nab\rx0\r\n\r\n",
        "2\r\nab0\r\n\r\n",
        "2;a\rb\r\nab\r\n0\r\n\r\n",
        std::string("2;\0\r\nab\r\n0\r\n\r\n", 15),
        "10000000000000002\r\nab\r\n",
        "2,2\r\nab\r\n0\r\n\r\n",
        "0\r\n\n",
        "0\r\nX : y\r\n\r\n",
        "0\r\n folded\r\n\r\n",
        "0\r\nContent-Length: 3\r\n\r\n",
        "0\r\nTransfer-Encoding: x\r\n\r\n",
        "0\r\nHost: b\r\n\r\n",
        "2;" + std::string(300, 'x') + "\r\nab\r\n0\r\n\r\n",
    };
    return all;
}

}  // namespace clickmill::http
