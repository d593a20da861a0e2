using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci;

/// <summary>What a program can do, seen from inside, compared with a default Docker or Podman container: the same or less.</summary>
public sealed class OciSecurityTests : OciTestCase
{
    /// <summary>Docker's documented default set: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.</summary>
    private const ulong DockerCapabilities = 0xa80425fb;

    /// <summary>Runs the query as shell and answers its output.</summary>
    private const string Shell = """
        import http.server, os, subprocess, urllib.parse
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                command = urllib.parse.unquote(self.path[2:])
                body = subprocess.run(['/bin/sh', '-c', command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args): pass
        http.server.HTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        """;

    protected override OciDriverOptions Change(OciDriverOptions options) => options with { PoolCells = 0 };

    [Fact]
    public async Task Status_CapabilitiesSeccompAndPrivileges_AreDockersOrFewer()
    {
        var status = (await AskAsync(await ShellAsync(), "cat /proc/self/status")).Split('\n')
            .Select(line => line.Split(":\t")).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim());

        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd"])
        {
            var has = ulong.Parse(status[set], NumberStyles.HexNumber);
            Assert.True((has & ~DockerCapabilities) == 0, $"{set} has {has & ~DockerCapabilities:x} more than Docker");
        }

        Assert.Equal(0ul, ulong.Parse(status["CapAmb"], NumberStyles.HexNumber));
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("2", status["Seccomp"]);
    }

    [Fact]
    public async Task Mounts_MaskedAndReadOnly_AsInDocker()
    {
        var id = await ShellAsync();
        var mounts = (await AskAsync(id, "cat /proc/self/mounts")).Split('\n').Select(line => line.Split(' ')).Where(fields => fields.Length > 3)
            .GroupBy(fields => fields[1]).ToDictionary(group => group.Key, group => group.Last()[3].Split(','));
        foreach (var path in (string[])["/sys", "/proc/sys", "/proc/irq", "/proc/bus", "/usr"])
        {
            Assert.Contains("ro", mounts[path]);
        }

        Assert.Contains("nosuid", mounts["/dev"]);
        Assert.All((string[])["/proc/kcore", "/proc/keys", "/sys/firmware"], path => Assert.True(mounts.ContainsKey(path) || !Path.Exists(path), $"{path} is not masked"));
        Assert.Equal("", (await AskAsync(id, "head -c 100 /proc/kcore 2>/dev/null; ls /sys/firmware 2>/dev/null")).Trim());
        foreach (var write in (string[])["/proc/sysrq-trigger", "/proc/sys/kernel/hostname", "/sys/kernel/mm/ksm/run", "/usr/x"])
        {
            Assert.Contains("nothing", await AskAsync(id, $"(echo 1 > {write}) 2>/dev/null && echo written || echo nothing"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Devices_AreTheHarmlessOnes()
    {
        var devices = (await AskAsync(await ShellAsync(), "ls /dev")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(devices.Except(["console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"]));
    }

    [Theory]
    [InlineData("unshare -U true")]
    [InlineData("unshare -m true")]
    [InlineData("mount -t tmpfs x /tmp")]
    [InlineData("mknod /tmp/d b 8 0 && head -c1 /tmp/d")]
    [InlineData("chroot /proc/1/root cat /etc/shadow")]
    [InlineData("cat /etc/shadow")]
    [InlineData("ls /etc/ssl/private/*")]
    [InlineData("python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'")]
    [InlineData("python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(16, 1, 0, 0) != 0)'")]
    [InlineData("date -s 2001-01-01")]
    [InlineData("cat /proc/1/environ && ls -l /proc/1/fd | grep socket")]
    public async Task Escape_IsRefused(string attempt) =>
        Assert.Contains("refused", await AskAsync(await ShellAsync(), $"({attempt}) >/dev/null 2>&1 && echo done || echo refused"), StringComparison.Ordinal);

    [Fact]
    public async Task HostsFilesOutsideUsrAndEtc_AreNotThere()
    {
        var id = await ShellAsync();
        Assert.DoesNotContain("hs-test", await AskAsync(id, "ls /tmp /root /home /mnt /srv /run"), StringComparison.Ordinal);
        Assert.Contains("refused", await AskAsync(id, $"ls {Data} 2>/dev/null || echo refused"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Network_ReachesNeitherHostNorNeighbour()
    {
        using var host = new TcpListener(IPAddress.Any, 0);
        host.Start();
        var (one, two) = (await ShellAsync(), await StartedAsync(OciPrograms.Python("neighbour"), "two"));
        var seen = (await Driver.ListAsync(default)).ToDictionary(instance => instance.Id, instance => instance.Endpoint!.Address);
        var gateway = (await AskAsync(one, "ip route show default")).Split(' ')[2];
        var port = ((IPEndPoint)host.LocalEndpoint).Port;

        foreach (var target in (string[])[$"{gateway} {port}", $"{seen[two]} {OciPrograms.Port}"])
        {
            var (address, number) = (target.Split(' ')[0], target.Split(' ')[1]);
            Assert.Contains(
                "refused",
                await AskAsync(one, $"timeout 1 bash -c 'exec 3<>/dev/tcp/{address}/{number}' 2>/dev/null && echo connected || echo refused"),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CoreDumps_AreOff() =>
        Assert.Matches(@"Max core file size\s+0\s+0", await AskAsync(await ShellAsync(), "cat /proc/self/limits"));

    /// <summary>What crun itself gives a default container (its <c>spec</c> command) is the second yardstick.</summary>
    [Fact]
    public async Task Bundle_IsAsStrictAsTheRuntimesOwnDefault()
    {
        var folder = Directory.CreateTempSubdirectory("hs-spec-");
        try
        {
            Assert.SkipUnless(File.Exists("/usr/bin/crun"), "crun is not installed");
            await Homeostat.Drivers.Runtime.Oci.Host.Command.RunAsync("/usr/bin/crun", ["spec", "-b", folder.FullName], null, default);
            var theirs = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "config.json")))!;
            var ours = Homeostat.Drivers.Runtime.Oci.Bundles.BundleWriter.Make(new("/r", "/i", "/n", "h", "/netns", "/c", 1 << 28, HostUsr: false, []));

            Assert.Empty(Strings(theirs["linux"]!["maskedPaths"]).Except(Strings(ours["linux"]!["maskedPaths"])));
            Assert.Empty(Strings(theirs["linux"]!["readonlyPaths"]).Except(Strings(ours["linux"]!["readonlyPaths"])).Except(Strings(ours["linux"]!["maskedPaths"])));
            Assert.Empty(Namespaces(theirs).Except(Namespaces(ours)));
            Assert.True((bool)ours["process"]!["noNewPrivileges"]!);
            Assert.Null(ours["process"]!["capabilities"]!["ambient"]);
            Assert.NotNull(ours["linux"]!["seccomp"]);
            Assert.InRange((int)ours["linux"]!["resources"]!["pids"]!["limit"]!, 1, 2048);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Strings(JsonNode? list) => list!.AsArray().Select(item => (string)item!);

    private static IEnumerable<string> Namespaces(JsonNode spec) => spec["linux"]!["namespaces"]!.AsArray().Select(item => (string)item!["type"]!);

    private Task<InstanceId> ShellAsync() => StartedAsync(OciPrograms.Python("shell", Shell));

    private async Task<string> AskAsync(InstanceId id, string command)
    {
        var answer = await GetAsync(id, "/?" + Uri.EscapeDataString(command));
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }
}
