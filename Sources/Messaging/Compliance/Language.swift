/// The languages in which Dunlin itself speaks to recipients: footers, and the page on which they say no.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case german = "de"
    case french = "fr"
    case spanish = "es"
    case italian = "it"
    case dutch = "nl"

    /// The one of a locale such as `de-AT`; English where there is none.
    public init(locale: String) {
        if let exactly = Language(rawValue: locale) {
            self = exactly
            return
        }
        let tag = locale.prefix { $0 != "-" && $0 != "_" }.lowercased()
        self = Language(rawValue: tag) ?? .english
    }

    /// What stands above the link with which one says no.
    var stopHere: String {
        switch self {
        case .english: "You can stop these messages"
        case .german: "Sie können diese Nachrichten abbestellen"
        case .french: "Vous pouvez arrêter ces messages"
        case .spanish: "Puede dejar de recibir estos mensajes"
        case .italian: "Può interrompere questi messaggi"
        case .dutch: "U kunt deze berichten stopzetten"
        }
    }

    /// The same where there is no link.
    var stopByReply: String {
        switch self {
        case .english: "To stop these messages, reply with the word \"stop\"."
        case .german: "Um diese Nachrichten abzubestellen, antworten Sie mit dem Wort „stop“."
        case .french: "Pour arrêter ces messages, répondez avec le mot « stop »."
        case .spanish: "Para dejar de recibir estos mensajes, responda con la palabra «stop»."
        case .italian: "Per interrompere questi messaggi, risponda con la parola «stop»."
        case .dutch: "Antwoord met het woord \"stop\" om deze berichten stop te zetten."
        }
    }

    /// What a debt collector's messages must say.
    var fromCollector: String {
        switch self {
        case .english:
            "This message is from a debt collector. It is an attempt to collect a debt, and any information obtained will be used for "
                + "that purpose."
        case .german:
            "Diese Nachricht kommt von einem Inkassounternehmen. Sie dient dem Einzug einer Forderung; was wir dabei erfahren, wird "
                + "dafür verwendet."
        case .french:
            "Ce message provient d'un agent de recouvrement. Il vise à recouvrer une créance ; toute information obtenue servira à "
                + "cette fin."
        case .spanish:
            "Este mensaje es de un cobrador de deudas. Es un intento de cobrar una deuda, y la información obtenida se usará con ese "
                + "fin."
        case .italian:
            "Questo messaggio proviene da una società di recupero crediti. Ha lo scopo di recuperare un credito; le informazioni "
                + "ottenute saranno usate a tal fine."
        case .dutch:
            "Dit bericht komt van een incassobureau. Het is bedoeld om een vordering te innen; verkregen informatie wordt daarvoor "
                + "gebruikt."
        }
    }

    /// How a text tells how to stop, in few letters.
    var stopText: String {
        switch self {
        case .english: "Reply STOP to stop texts."
        case .german: "Mit STOP abbestellen."
        case .french: "STOP pour ne plus en recevoir."
        case .spanish: "Responda STOP para no recibir más."
        case .italian: "Rispondi STOP per non riceverne altri."
        case .dutch: "Antwoord STOP om te stoppen."
        }
    }

    /// What says that a message is an advertisement.
    var advertisement: String {
        switch self {
        case .english: "Advertisement"
        case .german: "Werbung"
        case .french: "Publicité"
        case .spanish: "Publicidad"
        case .italian: "Pubblicità"
        case .dutch: "Advertentie"
        }
    }
}
