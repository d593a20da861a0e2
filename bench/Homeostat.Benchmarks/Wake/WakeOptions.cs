namespace Homeostat.Benchmarks.Wake;

/// <summary>What <c>./run bench wake</c> takes.</summary>
/// <param name="Apps">Samples to measure. Default: all.</param>
/// <param name="Rounds">Times each figure is taken. Default 20.</param>
/// <param name="Docker">Measure <c>docker start</c> beside it.</param>
/// <param name="Runc">Measure <c>runc restore</c> beside it.</param>
/// <param name="Samples">Folder of the samples.</param>
/// <param name="Product">The published program.</param>
internal sealed record WakeOptions(IReadOnlyList<string> Apps, int Rounds, bool Docker, bool Runc, string Samples, string Product)
{
    private static readonly string[] AllApps = ["node", "django", "php", "apache", "rails", "jvm", "aspnet", "busybox", "c-threads"];

    public string Criu => Path.Combine(Path.GetDirectoryName(Product)!, "libexec", "criu");

    /// <param name="args"><c>--apps a,b</c>, <c>--rounds N</c>, <c>--peers docker,runc|none</c>.</param>
    /// <exception cref="FormatException">An option that is not known or has a wrong value.</exception>
    public static WakeOptions Parse(IReadOnlyList<string> args)
    {
        var options = new WakeOptions(AllApps, 20, true, true, Path.GetFullPath("samples"), Path.GetFullPath("artifacts/publish/homeostat"));
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--apps" => options with { Apps = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "--rounds" => options with { Rounds = int.TryParse(value, out var n) && n is > 0 and <= 1000 ? n : throw new FormatException("--rounds is 1..1000") },
                "--peers" => options with { Docker = value.Contains("docker", StringComparison.Ordinal), Runc = value.Contains("runc", StringComparison.Ordinal) },
                _ => throw new FormatException($"there is no option {args[i]}; known: --apps, --rounds, --peers"),
            };
        }

        return options;
    }
}
