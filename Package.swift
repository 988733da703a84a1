// swift-tools-version: 6.2

import PackageDescription

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A module imports only from floors below its own; modules on one floor do not know each other.
let package = Package(
    name: "dunlin",
    products: [
        .executable(name: "dunlin", targets: ["dunlin"]),
        .library(name: "DunlinClient", targets: ["DunlinClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // Floor 0: C libraries of the system, and JSON.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CResolv"),
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .target(
            name: "CPhoneNumber",
            linkerSettings: [.linkedLibrary("phonenumber"), .linkedLibrary("protobuf")]
        ),
        .target(name: "JSON", swiftSettings: house),

        // Floor 1
        .target(name: "Curl", dependencies: ["CCurl", "CResolv"], swiftSettings: house),
        .target(
            name: "Storage",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: house
        ),
        .target(name: "Templating", dependencies: ["JSON"], swiftSettings: house),

        // Floor 2
        .target(
            name: "Messaging",
            dependencies: [
                "CIDN2", "CPhoneNumber", "Curl", "JSON", "Storage", "Templating",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: house
        ),

        // Floor 4: Hummingbird stops here.
        .target(
            name: "Server",
            dependencies: [
                "Curl", "JSON", "Messaging", "Storage", "Templating",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("API/openapi.yaml"),
                .embedInCode("Page/Assets"),
            ],
            swiftSettings: house
        ),

        // What another Swift service imports; it knows nothing of the server.
        .target(
            name: "DunlinClient",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: house
        ),

        // Floor 5
        .executableTarget(
            name: "dunlin",
            dependencies: [
                "Curl", "JSON", "Messaging", "Server", "Storage", "Templating",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: house
        ),

        // Tests
        .target(name: "TestSupport", dependencies: ["Storage"], path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "TemplatingTests",
            dependencies: ["JSON", "Templating", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(name: "CurlTests", dependencies: ["Curl", "TestSupport"], swiftSettings: house),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "MessagingTests",
            dependencies: ["Curl", "JSON", "Messaging", "Storage", "Templating", "TestSupport"],
            exclude: ["Receipts/signature_vectors.json"],
            swiftSettings: house
        ),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "JSON", "Messaging", "Server", "Storage", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: house
        ),
        .testTarget(name: "DunlinClientTests", dependencies: ["DunlinClient"], swiftSettings: house),
        .testTarget(
            name: "DunlinTests",
            dependencies: ["Curl", "dunlin", "DunlinClient", "Messaging", "TestSupport"],
            exclude: ["Support/peers"],
            swiftSettings: house
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
