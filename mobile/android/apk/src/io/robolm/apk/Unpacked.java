package io.robolm.apk;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Files of the app's assets, unpacked once, whole or not at all, with the sha256 that the build noted. */
final class Unpacked {
    /** Opens an asset. */
    interface Assets {
        InputStream open(String name) throws IOException;
    }

    private final Assets assets;
    private final File folder;

    Unpacked(Assets assets, File folder) {
        this.assets = assets;
        this.folder = folder;
    }

    /** The file of an asset; `sha256` also tells one version of it from the next. */
    File file(String name, String sha256) throws IOException {
        File own = new File(folder, sha256);
        File file = new File(own, name);
        if (file.isFile()) return file;
        if (!own.isDirectory() && !own.mkdirs()) throw new IOException(own + " cannot be made");
        File part = new File(own, name + ".part");
        try {
            String found = copy(name, part);
            if (!found.equals(sha256)) throw new IOException(name + " has the sha256 " + found + ", expected " + sha256);
            if (!part.renameTo(file)) throw new IOException(file + " cannot be written");
        } finally {
            part.delete();
        }
        return file;
    }

    private String copy(String name, File to) throws IOException {
        MessageDigest sum;
        try {
            sum = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
        byte[] chunk = new byte[1 << 16];
        try (InputStream in = assets.open(name); OutputStream out = new FileOutputStream(to)) {
            for (int n; (n = in.read(chunk)) >= 0; ) {
                sum.update(chunk, 0, n);
                out.write(chunk, 0, n);
            }
        }
        StringBuilder text = new StringBuilder();
        for (byte each : sum.digest()) text.append(String.format("%02x", each));
        return text.toString();
    }
}
