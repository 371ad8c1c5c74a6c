#include "files.h"

#include <cerrno>
#include <cstring>

#include "error.h"

namespace robo {

namespace {

std::string read_file(const std::string &path) {
    const auto fail = [&](const std::string &why) { throw Error(ROBO_FILE, path + ": " + why); };
    const FilePointer file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) fail(std::strerror(errno));
    std::string content;
    if (std::fseek(file.get(), 0, SEEK_END) == 0) {
        const long size = std::ftell(file.get());
        if (size > 0 && size < 1L << 30) content.reserve(static_cast<size_t>(size));
        std::rewind(file.get());
    }
    char buffer[1 << 16];
    while (const size_t n = std::fread(buffer, 1, sizeof buffer, file.get())) content.append(buffer, n);
    if (std::ferror(file.get())) fail("cannot be read");
    return content;
}

}  // namespace

Source::Source(const char *name, const char *path, const void *bytes, size_t size)
    : name_(path ? std::string(path) : "the " + std::string(name)),
      path_(path),
      bytes_(static_cast<const char *>(bytes), bytes ? size : 0) {
    if (!path == !bytes)
        throw Error(ROBO_ARGUMENT, "give " + std::string(name) + " as a path or as bytes, not " +
                                       (path ? "as both" : "as neither"));
}

std::string_view Source::content(std::string &room) const {
    if (in_memory()) return bytes_;
    room = read_file(path_);
    return room;
}

FilePointer open_content(std::string_view content) {
#if defined(_WIN32)
    FilePointer file(std::tmpfile(), std::fclose);  // there is no file in memory
    if (file && std::fwrite(content.data(), 1, content.size(), file.get()) != content.size()) file.reset();
    if (file) std::rewind(file.get());
#else
    FilePointer file(::fmemopen(const_cast<char *>(content.data()), content.size(), "rb"), std::fclose);
#endif
    if (!file)
        throw Error(ROBO_MEMORY, std::string("a file in memory cannot be opened: ") + std::strerror(errno));
    return file;
}

}  // namespace robo
