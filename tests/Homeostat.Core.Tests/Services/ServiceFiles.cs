using System.Runtime.CompilerServices;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Services;

/// <summary>Texts of service files that several tests use.</summary>
internal static class ServiceFiles
{
    public const string Minimal = """
        service: blog
        host: true
        command: ["node", "server.js"]
        port: 8080
        """;

    public const string Full = """
        service: blog
        tenant: acme
        rootfs: ./root
        command: ["apache2-foreground", "-D", "FOREGROUND"]
        workdir: /srv
        env: { KEY: value, EMPTY: "", NUMBER: 1 }
        mounts:
          - { source: ./site, target: /srv, readonly: true }
          - { source: /data, target: /data, readonly: false }
        port: 8080
        routes: [ { host: Blog.Example.ORG }, { host: "*.example.net.", path: /api/ } ]
        health: { path: /healthz, timeout: 1m30s }
        scale: { min: 1, max: 4, concurrency: { target: 2, limit: 3 } }
        resources: { cpu: { base: 250m, burst: 1.5 }, memory: { base: 128Mi, max: 1Gi } }
        idle: { freeze: 500ms, image: 5m, stop: 1h30m }
        checkpoint: { mode: auto, clones: yes, warmup: [ "/", /a?b=1 ], spares: 2, before_checkpoint: /before, after_restore: /after }
        predict: { mode: shadow, model: grey }
        """;

    public static ServiceSpec Spec(string text, string baseFolder = "/base")
    {
        var result = ServiceFileParser.Parse(text, baseFolder);
        Assert.Empty(result.Errors);
        return result.Spec!;
    }

    public static ServiceFileError OnlyError(string text)
    {
        var result = ServiceFileParser.Parse(text, "/base");
        Assert.Null(result.Spec);
        return Assert.Single(result.Errors);
    }

    public static string GoldenFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
