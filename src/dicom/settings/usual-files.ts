import { join } from 'node:path';

/** The settings files below `~/.clara`, where `clara pull dicom` lays them. */
export function usualSettingsFiles(claraHome: string): { readonly yaml: string; readonly json: string } {
  const folder = join(claraHome, 'charts', 'dicom-adapter', 'files');
  return { yaml: join(folder, 'dicom-server-config.yaml'), json: join(folder, 'appsettings.json') };
}
