import Messaging

/// What the page says on which a recipient says no, in the language of the message.
struct OptOutPageWords {
    let language: Language

    init(_ language: Language) {
        self.language = language
    }

    func title(_ brand: String) -> String {
        switch language {
        case .english: "Messages from \(brand)"
        case .german: "Nachrichten von \(brand)"
        case .french: "Messages de \(brand)"
        case .spanish: "Mensajes de \(brand)"
        case .italian: "Messaggi da \(brand)"
        case .dutch: "Berichten van \(brand)"
        }
    }

    func address(_ masked: String) -> String {
        switch language {
        case .english: "This is about messages to \(masked)."
        case .german: "Es geht um Nachrichten an \(masked)."
        case .french: "Il s’agit des messages envoyés à \(masked)."
        case .spanish: "Se trata de los mensajes enviados a \(masked)."
        case .italian: "Si tratta dei messaggi inviati a \(masked)."
        case .dutch: "Dit gaat over berichten aan \(masked)."
        }
    }

    var question: String {
        switch language {
        case .english: "What should stop?"
        case .german: "Was soll nicht mehr kommen?"
        case .french: "Que souhaitez-vous arrêter ?"
        case .spanish: "¿Qué desea dejar de recibir?"
        case .italian: "Che cosa vuole interrompere?"
        case .dutch: "Wat moet stoppen?"
        }
    }

    func text(_ choice: OptOutLinkRoutes.Choice, _ channel: Channel, _ brand: String) -> String {
        switch (choice, language) {
        case (.list, .english): "\(name(channel)) from \(brand)"
        case (.list, .german): "\(name(channel)) von \(brand)"
        case (.list, .french): "\(name(channel)) de \(brand)"
        case (.list, .spanish): "\(name(channel)) de \(brand)"
        case (.list, .italian): "\(name(channel)) da \(brand)"
        case (.list, .dutch): "\(name(channel)) van \(brand)"
        case (.advertising, .english): "Only advertising from \(brand)"
        case (.advertising, .german): "Nur Werbung von \(brand)"
        case (.advertising, .french): "Seulement la publicité de \(brand)"
        case (.advertising, .spanish): "Solo la publicidad de \(brand)"
        case (.advertising, .italian): "Solo la pubblicità da \(brand)"
        case (.advertising, .dutch): "Alleen reclame van \(brand)"
        case (.brand, .english): "Everything from \(brand), by any channel"
        case (.brand, .german): "Alles von \(brand), auf jedem Weg"
        case (.brand, .french): "Tout ce qui vient de \(brand), par tous les canaux"
        case (.brand, .spanish): "Todo lo de \(brand), por cualquier canal"
        case (.brand, .italian): "Tutto da \(brand), su ogni canale"
        case (.brand, .dutch): "Alles van \(brand), via elk kanaal"
        case (.everything, .english): "Everything, from everybody who writes with this service"
        case (.everything, .german): "Alles, von allen, die mit diesem Dienst schreiben"
        case (.everything, .french): "Tout, de tous ceux qui écrivent avec ce service"
        case (.everything, .spanish): "Todo, de cualquiera que escriba con este servicio"
        case (.everything, .italian): "Tutto, da chiunque scriva con questo servizio"
        case (.everything, .dutch): "Alles, van iedereen die met deze dienst schrijft"
        }
    }

    private func name(_ channel: Channel) -> String {
        switch (channel, language) {
        case (.email, .german): "E-Mails"
        case (.email, .french): "Les e-mails"
        case (.email, .spanish): "Los correos"
        case (.email, .italian): "Le email"
        case (.email, .dutch): "E-mails"
        case (.email, _): "Email"
        case (.sms, .german): "SMS"
        case (.sms, .french): "Les SMS"
        case (.sms, .spanish): "Los SMS"
        case (.sms, .italian): "Gli SMS"
        case (.sms, .dutch): "Sms-berichten"
        case (.sms, _): "Text messages"
        case (.call, .english): "Calls"
        case (.call, .german): "Anrufe"
        case (.call, .french): "Les appels"
        case (.call, .spanish): "Las llamadas"
        case (.call, .italian): "Le telefonate"
        case (.call, .dutch): "Telefoontjes"
        case (.letter, .english): "Letters"
        case (.letter, .german): "Briefe"
        case (.letter, .french): "Les lettres"
        case (.letter, .spanish): "Las cartas"
        case (.letter, .italian): "Le lettere"
        case (.letter, .dutch): "Brieven"
        case (.linkedin, _): "LinkedIn"
        case (.webhook, _): "Webhooks"
        case (.event, _): "Events"
        }
    }

    var submit: String {
        switch language {
        case .english: "Stop"
        case .german: "Abbestellen"
        case .french: "Arrêter"
        case .spanish: "Dejar de recibir"
        case .italian: "Interrompi"
        case .dutch: "Stoppen"
        }
    }

    var stopped: String {
        switch language {
        case .english: "stopped"
        case .german: "abbestellt"
        case .french: "arrêté"
        case .spanish: "detenido"
        case .italian: "interrotto"
        case .dutch: "gestopt"
        }
    }

    var done: String {
        switch language {
        case .english: "Done. From now on nothing of it is sent to you."
        case .german: "Erledigt. Ab jetzt wird Ihnen davon nichts mehr geschickt."
        case .french: "C’est fait. Plus rien de cela ne vous sera envoyé."
        case .spanish: "Hecho. A partir de ahora no se le enviará nada de eso."
        case .italian: "Fatto. Da ora non le sarà inviato più nulla di questo."
        case .dutch: "Gedaan. Vanaf nu wordt u hiervan niets meer gestuurd."
        }
    }

    var undo: String {
        switch language {
        case .english: "I want to receive it again"
        case .german: "Ich möchte es wieder bekommen"
        case .french: "Je veux le recevoir à nouveau"
        case .spanish: "Quiero volver a recibirlo"
        case .italian: "Voglio riceverlo di nuovo"
        case .dutch: "Ik wil het weer ontvangen"
        }
    }

    var undone: String {
        switch language {
        case .english: "You will receive it again."
        case .german: "Sie bekommen es wieder."
        case .french: "Vous le recevrez à nouveau."
        case .spanish: "Lo recibirá de nuevo."
        case .italian: "Lo riceverà di nuovo."
        case .dutch: "U ontvangt het weer."
        }
    }

    var later: String {
        switch language {
        case .english: "It takes effect at once. This link stays valid."
        case .german: "Es gilt sofort. Dieser Link bleibt gültig."
        case .french: "L’effet est immédiat. Ce lien reste valable."
        case .spanish: "Tiene efecto inmediato. Este enlace sigue siendo válido."
        case .italian: "Ha effetto immediato. Questo link resta valido."
        case .dutch: "Het geldt meteen. Deze link blijft geldig."
        }
    }
}
