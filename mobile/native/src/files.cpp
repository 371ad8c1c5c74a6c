#include "files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "error.h"

namespace robo {

std::string read_file(const std::string &path) {
    const auto fail = [&](const std::string &why) { throw Error(ROBO_FILE, path + ": " + why); };
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rb"), std::fclose);
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

}  // namespace robo
