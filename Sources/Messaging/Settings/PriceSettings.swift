/// `price` and `currency` of a transport.
enum PriceSettings {
    static func price(_ amount: Double?, _ currency: String?) -> Price? {
        amount.map { Price(micros: Int64(($0 * 1e6).rounded()), currency: currency ?? "USD") }
    }

    /// Throws where they mean nothing.
    static func checked(_ amount: Double?, _ currency: String?, _ place: String) throws(Rejection) -> Price? {
        if let currency, currency.wholeMatch(of: /[A-Z]{3}/) == nil {
            throw Rejection("\(place).currency", "'\(currency)' is no currency: write three letters, such as USD")
        }
        if let amount, !(0...1000).contains(amount) {
            throw Rejection("\(place).price", "it must be from 0 to 1000")
        }
        return price(amount, currency)
    }
}
