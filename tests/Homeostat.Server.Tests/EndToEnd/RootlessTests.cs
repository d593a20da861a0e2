using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Homeostat.Testing;
using Xunit;

namespace Homeostat.Server.Tests.EndToEnd;

/// <summary>The whole platform with real containers, started by a user who is not root.</summary>
public sealed class RootlessTests : IDisposable
{
    private const string ForbidNamespaces = "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$@\"";

    private const string SocketUnit = """
        import os, socket, sys
        made = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        high = [os.dup2(s.fileno(), 60 + n) for n, s in enumerate(made)]
        for n, fd in enumerate(high): os.dup2(fd, 3 + n)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="homeostat.socket:admin")
        os.execvp(sys.argv[1], sys.argv[1:])
        """;

    private readonly HttpClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("busybox", true)]
    [InlineData("node", false)]
    public async Task Up_RunsContainers_FreezesAndWakesThem_AndLeavesNothing(string sample, bool lendIds)
    {
        using var user = NewUser(sample, lendIds);
        using var up = await StartAsync(user);
        await ApplyAsync(user, sample);

        Assert.Contains("desc=\"cold\"", await WaysAsync(up, sample), StringComparison.Ordinal);
        var slept = await user.RunAsync([.. Homeostat(user), "sleep", sample, "--to", "frozen"]);
        Assert.Equal((0, ""), (slept.Code, slept.Err));
        Assert.Contains(user.Processes(), process => process.Contains(" T (stopped)", StringComparison.Ordinal));
        Assert.Contains("desc=\"frozen\"", await WaysAsync(up, sample), StringComparison.Ordinal);
        Assert.DoesNotContain(user.Processes(), process => process.Contains(" T (stopped)", StringComparison.Ordinal));

        await StopAsync(up);
        user.AssertNothingLeft();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(user.Home, ".local/share/homeostat/runtime/cells")));
    }

    [Fact]
    public async Task Up_AfterAKill_JoinsTheNamespacesOfWhatLives()
    {
        using var user = NewUser("busybox");
        using (var first = await StartAsync(user))
        {
            await ApplyAsync(user, "busybox");
            await WaysAsync(first, "busybox");
            first.Process.Kill();
            await first.Process.WaitForExitAsync().Within("its end");
        }

        using var second = await StartAsync(user);
        var answer = await WaysAsync(second, "busybox");
        Assert.DoesNotContain("cold", answer, StringComparison.Ordinal);
        var doctor = await user.RunAsync([.. Homeostat(user), "doctor"]);
        Assert.Matches(@"leaks +ok", doctor.Out);

        await StopAsync(second);
        user.AssertNothingLeft();
    }

    /// <summary>The platform sees connections of another network than its own: it must know their users all the same.</summary>
    [Fact]
    public async Task AdminAddress_AnswersTheUserAndRoot_NobodyElse()
    {
        using var user = NewUser("busybox");
        using var stranger = new OrdinaryUser();
        using var up = await StartAsync(user);
        string[] ask = ["busybox", "wget", "-q", "-O-", $"http://{up.Admin}/v1/version"];

        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"http://{up.Admin}/v1/version").Within("root's answer")).StatusCode);
        Assert.Equal(0, (await user.RunAsync(ask)).Code);
        Assert.Contains("403", (await stranger.RunAsync(ask)).Err, StringComparison.Ordinal);
        await StopAsync(up);
    }

    /// <summary>A socket unit of systemd, imitated: the sockets are there before the platform is.</summary>
    [Fact]
    public async Task Up_TakesTheSocketsItWasStartedWith()
    {
        using var user = NewUser("busybox");
        using var up = await StartAsync(user, "/usr/bin/python3", "-c", SocketUnit);

        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"http://{up.Gateway}/").Within("the gateway")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"http://{up.Admin}/livez").Within("the admin address")).StatusCode);
        await StopAsync(up);
        user.AssertNothingLeft();
    }

    [Fact]
    public async Task Up_WhereUserNamespacesAreForbidden_NamesTheSetting()
    {
        using var user = NewUser("busybox");
        using var space = user.StartAsRoot("unshare", "--user", "sleep", "60");
        try
        {
            MapAll(space.Id);
            foreach (var verb in (string[])["up", "doctor"])
            {
                using var process = user.StartAsRoot(
                    ["nsenter", "--user", "--target", $"{space.Id}", "--setuid=0", "--setgid=0", "sh", "-c", ForbidNamespaces, "sh", .. user.AsUser, .. Homeostat(user), verb]);
                var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
                await process.WaitForExitAsync().Within("the refusal");
                // Tables break long lines.
                var said = Regex.Replace(await output + await errors, @"\s+", " ");
                Assert.Contains("user.max_user_namespaces is 0", said, StringComparison.Ordinal);
                Assert.Contains("sysctl -w user.max_user_namespaces=", said, StringComparison.Ordinal);
                Assert.Equal(1, process.ExitCode);
            }
        }
        finally
        {
            space.Kill();
        }
    }

    /// <summary>All ids as they are, once it has its namespace.</summary>
    private static void MapAll(int process)
    {
        var own = File.ResolveLinkTarget("/proc/self/ns/user", false)!.Name;
        Assert.True(SpinWait.SpinUntil(() => File.ResolveLinkTarget($"/proc/{process}/ns/user", false)!.Name != own, Waiting.Deadline));
        File.WriteAllText($"/proc/{process}/uid_map", "0 0 65536");
        File.WriteAllText($"/proc/{process}/gid_map", "0 0 65536");
    }

    private static OrdinaryUser NewUser(string sample, bool lendIds = false)
    {
        var user = new OrdinaryUser(lendIds);
        user.Give(AppContext.BaseDirectory, "app");
        user.Give(Nearest("artifacts/libexec"), "libexec");
        user.Give(Nearest($"samples/{sample}"), sample);
        return user;
    }

    private static string Nearest(string folder)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Directory.Exists(Path.Combine(directory.FullName, folder)))
            {
                return Path.Combine(directory.FullName, folder);
            }
        }

        throw new DirectoryNotFoundException($"{folder} is nowhere above {AppContext.BaseDirectory}; ./run test builds it");
    }

    private static string[] Homeostat(OrdinaryUser user) => [OrdinaryUser.Dotnet, Path.Combine(user.Home, "app", "homeostat.dll")];

    private static async Task ApplyAsync(OrdinaryUser user, string sample)
    {
        var applied = await user.RunAsync([.. Homeostat(user), "apply", "-f", Path.Combine(user.Home, sample, "service.yaml")]);
        Assert.Equal((0, ""), (applied.Code, applied.Err));
    }

    /// <param name="by">The program that executes the platform; none: nobody does.</param>
    private static async Task<Running> StartAsync(OrdinaryUser user, params string[] by)
    {
        var process = user.Start([.. by, .. Homeostat(user), "up", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
        var line = await process.StandardOutput.ReadLineAsync().Within("the line 'ready'");
        if (line is null || Regex.Match(line, "^ready http://([0-9.:]+), admin http://([0-9.:]+)$") is not { Success: true } ready)
        {
            Assert.Fail($"{line}\n{await process.StandardError.ReadToEndAsync()}");
            throw new UnreachableException();
        }

        return new Running(process, ready.Groups[1].Value, ready.Groups[2].Value);
    }

    private static async Task StopAsync(Running up)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{up.Process.Id}"]);
        await up.Process.WaitForExitAsync().Within("a clean stop");
        Assert.Equal(0, up.Process.ExitCode);
    }

    /// <summary>Server-Timing of a request that must succeed: it tells what the request waited for.</summary>
    private async Task<string> WaysAsync(Running up, string service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{up.Gateway}/healthz") { Headers = { Host = $"{service}.localhost" } };
        using var answer = await _client.SendAsync(request).Within($"an answer of {service}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer.Headers.TryGetValues("Server-Timing", out var timing) ? string.Join(',', timing) : "";
    }

    private sealed record Running(Process Process, string Gateway, string Admin) : IDisposable
    {
        public void Dispose() => Process.Dispose();
    }
}
