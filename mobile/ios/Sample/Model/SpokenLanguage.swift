/// A language that prompts may be written in; those of configs/languages/languages.yaml.
public struct SpokenLanguage: Identifiable, Hashable, Sendable {
    public let code: String
    /// Its name in itself.
    public let name: String

    public var id: String { code }

    public static let all = [
        SpokenLanguage(code: "en", name: "English"),
        SpokenLanguage(code: "hi", name: "हिन्दी"),
        SpokenLanguage(code: "bn", name: "বাংলা"),
        SpokenLanguage(code: "ta", name: "தமிழ்"),
        SpokenLanguage(code: "te", name: "తెలుగు"),
        SpokenLanguage(code: "mr", name: "मराठी"),
        SpokenLanguage(code: "gu", name: "ગુજરાતી"),
        SpokenLanguage(code: "kn", name: "ಕನ್ನಡ"),
        SpokenLanguage(code: "ml", name: "മലയാളം"),
        SpokenLanguage(code: "pa", name: "ਪੰਜਾਬੀ"),
        SpokenLanguage(code: "or", name: "ଓଡ଼ିଆ"),
        SpokenLanguage(code: "as", name: "অসমীয়া"),
        SpokenLanguage(code: "mai", name: "मैथिली"),
        SpokenLanguage(code: "sa", name: "संस्कृतम्"),
        SpokenLanguage(code: "ur", name: "اردو"),
        SpokenLanguage(code: "sd", name: "سنڌي"),
        SpokenLanguage(code: "ks", name: "کٲشُر"),
        SpokenLanguage(code: "ne", name: "नेपाली"),
        SpokenLanguage(code: "kok", name: "कोंकणी"),
        SpokenLanguage(code: "zh", name: "中文"),
        SpokenLanguage(code: "es", name: "Español"),
        SpokenLanguage(code: "fr", name: "Français"),
        SpokenLanguage(code: "ar", name: "العربية"),
        SpokenLanguage(code: "pt", name: "Português"),
        SpokenLanguage(code: "ja", name: "日本語"),
        SpokenLanguage(code: "hi-Latn", name: "Hinglish"),
    ]
}
