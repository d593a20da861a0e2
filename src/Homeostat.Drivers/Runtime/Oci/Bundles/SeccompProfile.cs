using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Homeostat.Drivers.Runtime.Oci.Bundles;

/// <summary>
/// The system calls a program may use: those of Docker's default profile (Docker documentation, "Seccomp security profiles for Docker") for a container
/// without special capabilities, less ptrace, process_vm_readv/writev, kcmp, memfd_secret and the calls of foreign architectures. Anything else answers EPERM;
/// clone3, whose flags a filter can't see, answers ENOSYS so that libc falls back to clone, whose namespace flags are refused.
/// </summary>
internal static class SeccompProfile
{
    private static readonly string Text = Load();

    public static JsonNode Make()
    {
        var profile = JsonNode.Parse(Text)!;
        profile["architectures"] = new JsonArray(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64");
        return profile;
    }

    private static string Load()
    {
        using var stream = typeof(SeccompProfile).Assembly.GetManifestResourceStream("Homeostat.Drivers.seccomp.json")
            ?? throw new InvalidOperationException("the seccomp profile is not embedded in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
