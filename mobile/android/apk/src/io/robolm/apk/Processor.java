package io.robolm.apk;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Which build of the program this processor can run. */
final class Processor {
    /** Libraries, the fastest first, and the features they need, by their names in /proc/cpuinfo. */
    private static final String[][] VARIANTS = {
        {"librobo_exec_i8mm.so", "asimddp", "i8mm"},
        {"librobo_exec_dotprod.so", "asimddp"},
        {"librobo_exec.so"},
    };

    private Processor() {}

    /** The fastest program in a folder; the plain one where features are unknown. */
    static File program(File folder, String cpuinfo) {
        Set<String> features = features(cpuinfo);
        for (String[] variant : VARIANTS) {
            File file = new File(folder, variant[0]);
            if (file.isFile() && features.containsAll(Arrays.asList(variant).subList(1, variant.length))) return file;
        }
        return new File(folder, VARIANTS[VARIANTS.length - 1][0]);
    }

    /** Features that all cores have: the program may be moved to any of them. */
    static Set<String> features(String cpuinfo) {
        Set<String> all = null;
        for (String line : cpuinfo.split("\n")) {
            if (!line.startsWith("Features")) continue;
            Set<String> found = new HashSet<>(Arrays.asList(line.substring(line.indexOf(':') + 1).trim().split(" +")));
            if (all == null) all = found;
            else all.retainAll(found);
        }
        return all == null ? new HashSet<String>() : all;
    }

    /** The content of /proc/cpuinfo; empty where it cannot be read. */
    static String cpuinfo() {
        StringBuilder text = new StringBuilder();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(new FileInputStream("/proc/cpuinfo"), "UTF-8"))) {
            for (String line; (line = reader.readLine()) != null; ) text.append(line).append('\n');
        } catch (IOException e) {
            return "";
        }
        return text.toString();
    }
}
