// Written by mobile/android/generate.py; change configs/ and run it again.
package io.robolm

/**
 * A language that prompts may be written in.
 *
 * @property code BCP 47, for [RoboRequest.language].
 * @property name in English; [native] as its speakers write it.
 * @property rightToLeft how it is laid out.
 */
data class RoboLanguage(
    val code: String, val name: String, val native: String, val rightToLeft: Boolean,
)

/** The languages that models know. */
object RoboLanguages {
    val all: List<RoboLanguage> = listOf(
        RoboLanguage("en", "English", "English", false),
        RoboLanguage("hi", "Hindi", "हिन्दी", false),
        RoboLanguage("bn", "Bengali", "বাংলা", false),
        RoboLanguage("ta", "Tamil", "தமிழ்", false),
        RoboLanguage("te", "Telugu", "తెలుగు", false),
        RoboLanguage("mr", "Marathi", "मराठी", false),
        RoboLanguage("gu", "Gujarati", "ગુજરાતી", false),
        RoboLanguage("kn", "Kannada", "ಕನ್ನಡ", false),
        RoboLanguage("ml", "Malayalam", "മലയാളം", false),
        RoboLanguage("pa", "Punjabi", "ਪੰਜਾਬੀ", false),
        RoboLanguage("or", "Odia", "ଓଡ଼ିଆ", false),
        RoboLanguage("as", "Assamese", "অসমীয়া", false),
        RoboLanguage("mai", "Maithili", "मैथिली", false),
        RoboLanguage("sa", "Sanskrit", "संस्कृतम्", false),
        RoboLanguage("ur", "Urdu", "اردو", true),
        RoboLanguage("sd", "Sindhi", "سنڌي", true),
        RoboLanguage("ks", "Kashmiri", "کٲشُر", true),
        RoboLanguage("ne", "Nepali", "नेपाली", false),
        RoboLanguage("kok", "Konkani", "कोंकणी", false),
        RoboLanguage("zh", "Chinese", "中文", false),
        RoboLanguage("es", "Spanish", "Español", false),
        RoboLanguage("fr", "French", "Français", false),
        RoboLanguage("ar", "Arabic", "العربية", true),
        RoboLanguage("pt", "Portuguese", "Português", false),
        RoboLanguage("ja", "Japanese", "日本語", false),
        RoboLanguage("hi-Latn", "Hinglish", "Hinglish", false),
    )

    /** The one called [code]; null where there is none. */
    fun of(code: String): RoboLanguage? = all.firstOrNull { it.code == code }
}
