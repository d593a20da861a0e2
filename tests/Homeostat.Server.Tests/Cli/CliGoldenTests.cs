using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace Homeostat.Server.Tests.Cli;

/// <summary>
/// Sessions with the command as a user has them, recorded in Golden/. With UPDATE_GOLDEN=1 they are recorded anew, for review.
/// Lines that begin with $ are run; the service files they name are made first.
/// </summary>
public sealed class CliGoldenTests
{
    private const string Blog = "service: blog\nhost: true\ncommand: [sh]\nport: 8080\nhealth: { path: /healthz }\n";
    private const string Bad = "service: Blog_1\nhost: true\ncommand: sh -c true\nprot: 8080\nidle: { freeze: 10 }\n";
    private const string Taken = "service: shop\nhost: true\ncommand: [sh]\nport: 8080\nroutes: [ { host: blog.localhost } ]\n";
    private const string Broken = "service: broken\nhost: true\ncommand: [sh]\nport: 8080\nenv: { FAKE: exit=3 }\n";
    private const string NoDump = "service: nodump\nhost: true\ncommand: [sh]\nport: 8080\nenv: { FAKE: dump-fails }\n";

    /// <summary>A count per hour, a day of 24 of them, seven days and a half.</summary>
    private static readonly string Week = "hour,requests\n" + string.Concat(Enumerable.Range(1, 180).Select(i => $"{i},{100 + (i % 24 * 10) + (i * 7 % 13)}\n"));

    private const string Plain = "service: plain\nhost: true\ncommand: [sh]\nport: 8080\ncheckpoint: { mode: off }\n";

    private const string Hole = "minute,count\n1,5\n2,\n3,-4\n";

    /// <summary>Quiet hours, a morning, a burst.</summary>
    private static string Day { get; } = "minute,count\n" + string.Concat(Enumerable.Range(0, 120).Select(i => $"{i},{(i < 40 ? i % 20 == 7 ? 1 : 0 : i == 90 ? 6000 : i % 30)}\n"));

    [Theory]
    [InlineData("first-steps", "ls", "ps", "apply --wait -f blog.yaml", "apply -f blog.yaml", "wake blog", "ls", "ps", "sleep blog", "ps blog", "freeze blog", "wake blog", "freeze blog", "sleep blog --to stopped", "ps", "rm blog", "ls")]
    [InlineData("looking", "apply --wait -f blog.yaml", "wake blog", "inspect blog", "explain blog", "explain blog -v -n 1", "checkpoint blog", "logs blog", "logs blog -t", "doctor", "version")]
    [InlineData("mistakes", "apply -f bad.yaml", "validate -f bad.yaml", "apply -f blog.yaml", "apply -f taken.yaml", "validate -f taken.yaml -f blog.yaml", "apply -f none.yaml", "sleep blgo", "rm blgo", "logs blgo", "sleep blog --to bed", "wake blog --timeout soon", "nonsense", "ls -o xml", "ls --server ftp://x")]
    [InlineData("trouble", "apply --wait -f broken.yaml", "wake broken", "explain broken", "apply --wait -f nodump.yaml", "checkpoint nodump", "sleep nodump --to image", "ls")]
    [InlineData("refusals", "apply -f plain.yaml", "wake plain", "freeze plain", "sleep plain --to stopped", "freeze plain", "sleep plain --to frozen", "events plain", "events nosuch", "events --after zzz", "events -x", "logs plain -n -5", "logs plain -n many", "explain plain -n -1", "ls --tenant zz", "validate -f bad.yaml -f plain.yaml -o json", "validate -f plain.yaml -o json")]
    [InlineData("forecast", "forecast week.csv --models grey,seasonal --horizons 1,6", "forecast day.csv", "forecast hole.csv", "forecast none.csv", "forecast week.csv --models crystal", "forecast week.csv --horizons 0", "forecast week.csv --horizons 5000", "forecast day.csv --horizons 900", "forecast week.csv --bin soon", "forecast bad.yaml")]
    [InlineData("replay", "replay day.csv --cores 2 --policy kpa,idle-timer,keda --policy always-on,clairvoyant", "replay day.csv --cores 2 --policy homeostat --file blog.yaml --idle 1s,1m,2m --take 10m --service-time 20ms --explain 3", "replay hole.csv", "replay none.csv", "replay day.csv --policy knative", "replay day.csv --scale 3..1", "replay day.csv --idle 10s", "replay day.csv --service-time soon", "replay day.csv --skip 2d", "replay day.csv --costs day.csv", "replay day.csv -f bad.yaml")]
    public async Task Session_AsRecorded(string name, params string[] commands)
    {
        await using var scene = await PlatformScene.StartAsync();
        (string Name, string Text)[] files =
        [
            ("blog.yaml", Blog), ("bad.yaml", Bad), ("taken.yaml", Taken), ("broken.yaml", Broken), ("nodump.yaml", NoDump), ("plain.yaml", Plain), ("week.csv", Week), ("day.csv", Day), ("hole.csv", Hole),
        ];
        foreach (var (file, text) in files)
        {
            scene.Folder.File(file, text);
        }
        var said = new StringBuilder();
        foreach (var command in commands)
        {
            var arguments = command.Split(' ').Select(a => Path.GetExtension(a) is ".yaml" or ".csv" ? Path.Combine(scene.Folder.Path, a) : a).ToArray();
            var run = await CliRun.OfAsync(scene, arguments);
            Assert.All(run.Out.Replace(scene.Folder.Path, "/folder", StringComparison.Ordinal).Split('\n'), line => Assert.True(line.Length <= 80 || command.Contains("json", StringComparison.Ordinal), $"{command}: {line}"));
            said.Append(run.Golden(command, scene)).Append('\n');
        }
        var path = Path.Combine(GoldenFolder(), name + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, said.ToString().TrimEnd() + "\n");
        }

        Assert.Equal(File.ReadAllText(path), said.ToString().TrimEnd() + "\n");
    }

    private static string GoldenFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
