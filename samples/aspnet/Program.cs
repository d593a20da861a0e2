// An ASP.NET minimal API with state in memory, a background timer and a file in /tmp.
using System.Security.Cryptography;

// A host that reloads its configuration files watches them by inotify, which a process image of an overlay cannot
// hold: nothing reloads in a container, so the watch is off (the same as DOTNET_hostBuilder__reloadConfigOnChange=false).
var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
builder.WebHost.UseUrls($"http://0.0.0.0:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var app = builder.Build();

long count = 0;
long ticks = 0;
using var timer = new Timer(_ => Interlocked.Increment(ref ticks), null, 100, 100);

app.MapGet("/", () => $"Hello from .NET {Environment.Version} in {HostName()}, {count} counted so far\n");
app.MapGet("/healthz", () => "ok\n");
app.MapGet("/count", () => $"{Interlocked.Increment(ref count)}\n");
app.MapGet("/pid", () => $"{Environment.ProcessId}\n");
app.MapGet("/hostname", () => $"{HostName()}\n");
app.MapGet("/timer", () => $"{Interlocked.Read(ref ticks)}\n");
app.MapGet("/random", () => new Dictionary<string, string>
{
    ["RandomNumberGenerator"] = RandomNumberGenerator.GetHexString(32),
    ["NewGuid"] = Guid.NewGuid().ToString(),
});
app.MapGet("/tmp", () =>
{
    File.AppendAllText("/tmp/sample", "x\n");
    return $"{File.ReadAllLines("/tmp/sample").Length}\n";
});
app.Run();

// Not Environment.MachineName, which is remembered and so would be the template's in a clone.
static string HostName() => File.ReadAllText("/proc/sys/kernel/hostname").Trim();
