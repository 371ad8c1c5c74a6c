/* A prompt in, a MicroPython program out, written line by line as it comes.
 *
 *     cc -std=c99 examples/c/generate.c -Imobile/native/include
 * -Lmobile/native/build -lrobo \ -Wl,-rpath,"$PWD/mobile/native/build" -o
 * generate
 *     ./generate models/robo-nano-q4_0.gguf esp32.robo "Blink an LED on pin 2"
 */
#include <stdio.h>

#include "robo.h"

static void on_text(const char *text, size_t length, void *user) {
  (void)user; /* whatever was put into request.user */
  fwrite(text, 1, length, stdout);
  fflush(stdout);
}

static int failed(const char *what, const robo_error *error) {
  fprintf(stderr, "%s (status %d): %s\n", what, (int)error->status,
          error->message);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s MODEL.gguf DATA.robo PROMPT [LANGUAGE]\n",
            argv[0]);
    return 2;
  }
  robo_error error = {.struct_size = sizeof error};
  robo_options options = {.struct_size = sizeof options,
                          .model = argv[1],
                          .data = argv[2],
                          .mapped = 1};
  robo_handle *robo = NULL;
  if (robo_load(&options, &robo, &error) != ROBO_OK)
    return failed("loading", &error);

  robo_request request = {
      .struct_size = sizeof request, .prompt = argv[3], .on_text = on_text};
  if (argc > 4)
    request.lang = argv[4];
  robo_answer answer = {.struct_size = sizeof answer};
  const int status = robo_generate(robo, &request, &answer, &error) == ROBO_OK
                         ? 0
                         : failed("writing", &error);
  if (status == 0)
    fprintf(stderr, "%d tokens, the first after %.0f ms, all after %.0f ms\n",
            (int)answer.stats.tokens, answer.stats.first_token_s * 1e3,
            (answer.stats.prefill_s + answer.stats.decode_s) * 1e3);
  robo_answer_free(&answer);
  robo_free(robo);
  return status;
}
