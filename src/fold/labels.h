// A row's feature and dimension values in one string, so that a row is one allocation.
#pragma once

#include <compare>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clickmill::fold {

// The feature and then each dimension value of the view, each ended by a NUL (text rules keep NUL
// out of values). Orders by feature, then by each dimension.
class Labels {
public:
    Labels() = default;
    Labels(std::initializer_list<std::string_view> values) {
        for (const std::string_view value : values) append(value);
    }
    static Labels of_text(std::string text) {
        Labels labels;
        labels.text_ = std::move(text);
        return labels;
    }

    void append(std::string_view value) {
        text_ += value;
        text_ += '\0';
    }
    std::string_view feature() const { return at(0); }
    std::string_view dimension(size_t index) const { return at(index + 1); }
    const std::string& text() const { return text_; }

    auto operator<=>(const Labels&) const = default;

private:
    std::string_view at(size_t index) const {
        std::string_view rest = text_;
        for (; index > 0; --index) rest.remove_prefix(rest.find('\0') + 1);
        return rest.substr(0, rest.find('\0'));
    }

    std::string text_;
};

}  // namespace clickmill::fold
