import CCurl

/// Dates as HTTP and mail write them, such as `Thu, 24 Aug 2023 05:01:45 +0000`; libcurl reads them.
public enum HTTPDate {
    /// Seconds since 1970.
    public static func seconds(_ text: String) -> Int64? {
        let time = curl_getdate(text, nil)
        return time < 0 ? nil : Int64(time)
    }
}
