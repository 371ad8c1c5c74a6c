#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace robo {

/// A file by its path, or its content where somebody has it already.
class Source {
  public:
    /// Exactly one of them; `name` is said where it is not so. Throws Error(ROBO_ARGUMENT).
    Source(const char *name, const char *path, const void *bytes, size_t size);

    bool in_memory() const { return !path_; }
    const char *path() const { return path_; }
    /// Its content; read into `room` where it is a file. Throws Error(ROBO_FILE).
    std::string_view content(std::string &room) const;
    /// For messages: the path, or "the model".
    const std::string &name() const { return name_; }

  private:
    std::string name_;
    const char *path_;
    std::string_view bytes_;
};

using FilePointer = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

/// A content as a file that is open for reading; throws Error(ROBO_MEMORY).
FilePointer open_content(std::string_view content);

}  // namespace robo
